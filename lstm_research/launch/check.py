"""Combinations that cannot run, found before anything compiles: each names both keys and the way out."""

import math

from lstm_research.cells._whole import ENGINES
from lstm_research.config.fields import kind_name
from lstm_research.config.schema import RunConfig
from lstm_research.tasks.base import Spec
from lstm_research.tasks.source import Source
from lstm_research.tasks.source.boundaries import MOST
from lstm_research.tasks.source.bucketed import Bucketed
from lstm_research.types import ConfigError


def check_config(config: RunConfig) -> None:
    """What the config alone tells. Raises ConfigError."""
    model, cell = config.model, config.model.cell
    for name in ("hidden", "engines", "build", "parameters", "multiple"):
        if not hasattr(cell, name):
            raise ConfigError(
                f"model.cell.kind={kind_name(cell)}: its Config has no {name!r}; derive it from "
                "lstm_research.cells._cell.CellConfig, which says what each is"
            )
    if cell.hidden % cell.multiple:
        raise ConfigError(
            f"model.cell.hidden={cell.hidden}: model.cell.kind={kind_name(cell)} needs a multiple of {cell.multiple}; "
            f"for example {max(1, round(cell.hidden / cell.multiple)) * cell.multiple}"
        )
    if model.engine not in ("auto", *cell.engines):
        raise ConfigError(
            f"model.engine={model.engine} does not run model.cell.kind={kind_name(cell)}; "
            f"allowed for this cell: auto, {', '.join(cell.engines)}"
        )
    if model.checkpoint_every is not None and model.engine != "checkpointed":
        raise ConfigError(
            f"model.checkpoint_every={model.checkpoint_every} is given, but model.engine={model.engine}; "
            "set model.engine=checkpointed, or leave it out"
        )
    if model.learned_carry and cell.engines == ENGINES:
        raise ConfigError(
            f"model.learned_carry=true, but model.cell.kind={kind_name(cell)} hands nothing on from step to step; set "
            "it to false"
        )
    if model.encoder == "none" and model.encoder_size is not None:
        raise ConfigError(
            "model.encoder_size is given, but model.encoder=none; set model.encoder=linear, or leave the size out"
        )
    if model.dropout is None and model.variational:
        raise ConfigError("model.variational=true needs model.dropout; set a rate, for example model.dropout=0.2")
    if config.training.eval_every > config.training.steps:
        raise ConfigError(
            f"training.eval_every={config.training.eval_every} is more than training.steps={config.training.steps}: "
            "validation would choose between the first and the last parameters only; lower eval_every"
        )
    stop, every = config.training.stop, config.training.eval_every
    if stop is not None and (stop >= config.training.steps or stop % every):
        raise ConfigError(
            f"training.stop={stop} is no multiple of training.eval_every={every} below training.steps="
            f"{config.training.steps}; give one, or leave it out"
        )
    _check_padded(config)
    after, seeds = config.training.after, len(config.seeds)
    if after is not None and len(after) != seeds:
        raise ConfigError(f"training.after names {len(after)} runs for {seeds} seeds; name one for each")
    warmup = getattr(config.optimizer, "warmup", 0)
    if warmup >= config.training.steps:
        raise ConfigError(
            f"optimizer.warmup={warmup} is not less than training.steps={config.training.steps}; lower it"
        )


def _check_padded(config: RunConfig) -> None:
    """What units that are zero could not stand beside."""
    to, model = config.execution.pad_hidden, config.model
    if to is None:
        return
    head = f"execution.pad_hidden={to}: "
    if not model.cell.widens:
        raise ConfigError(
            f"{head}units of model.cell.kind={kind_name(model.cell)} that start at zero do not stay so; leave it out"
        )
    if to % model.cell.multiple:
        raise ConfigError(f"{head}model.cell.kind={kind_name(model.cell)} needs a multiple of {model.cell.multiple}")
    others = {
        "model.dropout": model.dropout is not None,
        "model.weight_noise": model.weight_noise is not None,
        "model.init_from": model.init_from is not None,
        "model.spelling": model.spelling is not None,
        "model.residual": model.residual,
    }
    if given := [name for name, there in others.items() if there]:
        raise ConfigError(
            f"{head}with {given[0]} a wider model would be another one, not the same with zeros in it; leave one out"
        )


def check_task(config: RunConfig, spec: Spec, source: Source | Bucketed) -> None:
    """What needs the task: the shapes it gives and wants. Raises ConfigError.

    Args:
      source: where the batches of training come from.
    """
    model, task = config.model, kind_name(config.task)
    if spec.source and config.execution.pad_hidden is not None:
        raise ConfigError(
            f"execution.pad_hidden={config.execution.pad_hidden} is not for task.kind={task}, with its encoder and "
            "decoder; leave it out"
        )
    if spec.per_step and model.head not in ("auto", "step"):
        raise ConfigError(
            f"model.head={model.head} gives one output per sequence, task.kind={task} wants one per step; use head=step"
        )
    if not spec.per_step and model.head == "step":
        raise ConfigError(
            f"model.head=step gives an output per step, task.kind={task} wants one per sequence; "
            "use head=last, mean, max or attention"
        )
    if model.input_noise is not None and (spec.tokens or spec.source):
        raise ConfigError(
            f"model.input_noise={model.input_noise:g} is for features, task.kind={task} shows tokens; leave it out"
        )
    if model.encoder == "embedding" and not spec.tokens:
        raise ConfigError(
            f"model.encoder=embedding needs tokens, task.kind={task} gives features; use encoder=linear or none"
        )
    if not spec.source and (model.attention != "none" or model.beam > 1):
        raise ConfigError(
            f"model.attention={model.attention} and model.beam={model.beam} are for a decoder, and task.kind={task} "
            "has none; leave them out, or take task.kind=transduction"
        )
    if spec.source and model.cell.engines == ENGINES:
        raise ConfigError(
            f"task.kind={task} answers step by step, which model.cell.kind={kind_name(model.cell)} cannot; take a "
            "recurrent cell, such as lstm"
        )
    if model.spelling is not None and not spec.letters:
        raise ConfigError(
            f"model.spelling={model.spelling} is for tasks that spell words; task.kind={task} does not; leave it out"
        )
    if model.convolution is not None:
        _check_convolution(config, spec, source)
    if model.tied:
        _check_tied(config, spec)
    if model.bidirectional and spec.causal:
        raise ConfigError(
            f"model.bidirectional=true sees the future, which task.kind={task} asks to predict; set it to false"
        )
    width = (model.encoder_size or model.cell.hidden) if model.encoder != "none" else spec.inputs
    if model.residual and model.layers == 1 and width != model.cell.hidden * (2 if model.bidirectional else 1):
        raise ConfigError(
            f"model.residual=true adds nothing: the one layer's input is {width} wide and its output is not; set "
            "model.layers=2 or more, or an encoder of the width of the output"
        )
    if model.bidirectional and source.carried:
        raise ConfigError("model.bidirectional=true cannot carry state between windows; leave the task's window out")
    if isinstance(source, Bucketed):
        _check_buckets(config, source)
    try:
        spec.selection(config.training.select)
    except ValueError as error:
        raise ConfigError(f"training.select={config.training.select}: task.kind={task} {error}") from None


def _check_convolution(config: RunConfig, spec: Spec, source: Source | Bucketed) -> None:
    task = kind_name(config.task)
    if source.carried or spec.autoregressive or spec.source:
        raise ConfigError(
            f"model.convolution is given, and task.kind={task} hands a state on from window to window or writes step "
            "by step, which a convolution does not; leave it out"
        )
    assert config.model.convolution is not None
    if spec.per_step and (stride := config.model.convolution.stride) > 1:
        raise ConfigError(
            f"model.convolution.stride={stride} leaves fewer steps, and task.kind={task} wants an output for each; set "
            "it to 1"
        )


def _check_tied(config: RunConfig, spec: Spec) -> None:
    model = config.model
    if model.encoder != "embedding" or not spec.autoregressive:
        raise ConfigError(
            f"model.tied=true needs model.encoder=embedding, and a task whose outputs are its input tokens; found "
            f"model.encoder={model.encoder}, task.kind={kind_name(config.task)}; set model.tied=false"
        )
    if (width := model.encoder_size or model.cell.hidden) != model.cell.hidden:
        raise ConfigError(
            f"model.tied=true needs an encoder as wide as the last layer's output, {model.cell.hidden}; found "
            f"model.encoder_size={width}; leave it out"
        )


def _check_buckets(config: RunConfig, source: Bucketed) -> None:
    if source.padding > source.waste:
        # Rounded up: what is named is what can be kept.
        kept = math.ceil(1000 * source.padding) / 1000
        raise ConfigError(
            f"task.bucket_waste={source.waste:g} cannot be kept at training.batch={config.training.batch}: with "
            f"{MOST} buckets at most, {kept:g} of the steps are padding; set task.bucket_waste={kept:g}, or lower "
            "training.batch"
        )
    layout = config.execution.layout
    if layout.endswith("vmap") and len(source.buckets) > 1:
        raise ConfigError(
            f"execution.layout={layout} would compute all {len(source.buckets)} buckets of "
            f"task.bucket_waste={source.waste:g} for every batch; use layout={layout.replace('vmap', 'map')}, or auto"
        )
