"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const night = matchMedia("(prefers-color-scheme: dark)");

// Colours are those of the page; what a figure says itself comes first.
function template() {
  const style = getComputedStyle(document.documentElement);
  const [ink, soft, line, shade] = ["ink", "soft", "line", "shade"].map((name) => style.getPropertyValue(`--${name}`));
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  return { layout: {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, size: 13 },
    xaxis: axis, yaxis: axis, margin: { l: 60, r: 16, t: 30, b: 50 },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: soft, activecolor: ink },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    hoverlabel: { bgcolor: shade, bordercolor: line, font: { color: ink } },
  } };
}

function draw() {
  figures.forEach((figure, number) => {
    const data = figure.data.map((trace) => trace.type !== "parcoords" ? trace
      : { ...trace, line: { ...trace.line, colorscale: night.matches ? trace.meta.dark : trace.line.colorscale } });
    const layout = { ...figure.layout, template: template() };
    const unneeded = ["lasso2d", "select2d", "zoomIn2d", "zoomOut2d", "autoScale2d"];
    Plotly.react(`chart${number + 1}`, data, layout, {
      responsive: true, displaylogo: false, modeBarButtonsToRemove: unneeded,
      // Where nothing hovers, a double tap resets, and the bar would cover the legend.
      displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
    });
  });
}

function copied(button) {
  const code = button.parentElement.querySelector("code");
  const said = (word) => { button.textContent = word; setTimeout(() => { button.textContent = "Copy"; }, 1500); };
  const selected = () => { getSelection().selectAllChildren(code); said("Selected"); };
  if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(() => said("Copied"), selected);
  else selected();
}

draw();
night.addEventListener("change", draw);
document.querySelectorAll(".code button").forEach((button) => button.addEventListener("click", () => copied(button)));
