"""Writes torch.npz: what torch.nn computes, values and gradients, in float64. Made with torch 2.13.0, on CPU.

Needs torch, which is not among the packages of the tests: `python tests/goldens/make_torch_goldens.py` in an
environment that has it. Entries are named `case/name`: the weights under torch's own names, their gradients under
`grad/` of them, `x` [t b d], `lengths` [b], states `h0`, `c0` [layers*directions b h], and what comes out, `out`, `hn`,
`cn`. The loss is sum(out * wout) + sum(hn * whn) + sum(cn * wcn).
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

STEPS, BATCH, INPUTS, HIDDEN = 5, 3, 3, 4
LENGTHS = [5, 2, 4]
CASES = {
    "lstm/single": (torch.nn.LSTM, {}),
    "lstm/stacked": (torch.nn.LSTM, {"num_layers": 2}),
    "lstm/bidirectional": (torch.nn.LSTM, {"num_layers": 2, "bidirectional": True}),
    "gru/single": (torch.nn.GRU, {}),
    "gru/stacked": (torch.nn.GRU, {"num_layers": 2}),
    "gru/bidirectional": (torch.nn.GRU, {"num_layers": 2, "bidirectional": True}),
    "tanh/stacked": (torch.nn.RNN, {"num_layers": 2}),
    "tanh/bidirectional": (torch.nn.RNN, {"bidirectional": True}),
    "relu/single": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "relu/stacked": (torch.nn.RNN, {"num_layers": 2, "nonlinearity": "relu"}),
}


def case(make: type, options: dict) -> dict[str, np.ndarray]:
    """One module on one ragged batch."""
    module = make(INPUTS, HIDDEN, **options)
    states = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    width = HIDDEN * (2 if options.get("bidirectional") else 1)
    x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
    h0 = torch.randn(states, BATCH, HIDDEN, requires_grad=True)
    c0 = torch.randn(states, BATCH, HIDDEN, requires_grad=True)
    lstm = make is torch.nn.LSTM
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), enforce_sorted=False)
    result, last = module(packed, (h0, c0) if lstm else h0)
    out, _ = pad_packed_sequence(result, total_length=STEPS)
    hn, cn = last if lstm else (last, None)
    wout, whn, wcn = torch.randn(STEPS, BATCH, width), torch.randn_like(h0), torch.randn_like(c0)
    loss = (out * wout).sum() + (hn * whn).sum()
    if lstm:
        loss = loss + (cn * wcn).sum()
    loss.backward()
    found = {"x": x, "h0": h0, "out": out, "hn": hn, "wout": wout, "whn": whn, "grad/x": x.grad, "grad/h0": h0.grad}
    if lstm:
        found |= {"c0": c0, "cn": cn, "wcn": wcn, "grad/c0": c0.grad}
    for name, parameter in module.named_parameters():
        found |= {name: parameter, f"grad/{name}": parameter.grad}
    return {name: value.detach().numpy() for name, value in found.items()} | {"lengths": np.array(LENGTHS)}


def main() -> None:
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    goldens = {f"{name}/{key}": value for name, spec in CASES.items() for key, value in case(*spec).items()}
    np.savez_compressed(Path(__file__).parent / "torch.npz", **goldens)


if __name__ == "__main__":
    main()
