"""PyTorch's training step on batches that are in memory already. Reads questions as lines of JSON, prints an answer to
each, ends with its input: the counterpart of `training/our-step.ts`, see `messages.ts` beside this file."""

import contextlib
import json
import math
import os
import sys
import time

import numpy
import torch

from mae import Mae
from simsiam import SimSiam

DTYPES = {"F32": numpy.float32, "I32": numpy.int32, "U8": numpy.uint8}


def read_safetensors(path):
    """The tensors of a file by name."""
    data = numpy.fromfile(path, numpy.uint8)
    length = int(data[:8].view(numpy.uint64)[0])
    header = json.loads(data[8 : 8 + length].tobytes())
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = data[start:end].view(DTYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def load(model, tensors):
    """Starts the model from the file's parameters. Every name and shape must be there, and no other."""
    given = {name.removeprefix("parameter/"): value for name, value in tensors.items() if name.startswith("parameter/")}
    own = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    shapes = {name: tuple(value.shape) for name, value in own.items()}
    wanted = {name: tuple(value.shape) for name, value in given.items()}
    if shapes != wanted:
        odd = sorted(name for name in shapes.keys() | wanted.keys() if shapes.get(name) != wanted.get(name))
        described = [f"{name}: {shapes.get(name)} here, {wanted.get(name)} there" for name in odd[:3]]
        raise ValueError(f"another architecture: {len(odd)} parameters differ: {'; '.join(described)}")
    model.load_state_dict(given, strict=False)


def build_optimiser(model, options, learning_rate):
    """Weight decay on weights alone, as in our own step; PyTorch's fused kernels."""
    named = list(model.named_parameters())

    def is_weight(name, parameter):
        return name.endswith("weight") and parameter.ndim > 1

    groups = [
        {"params": [p for name, p in named if is_weight(name, p)], "weight_decay": options["weightDecay"]},
        {"params": [p for name, p in named if not is_weight(name, p)], "weight_decay": 0.0},
    ]
    if options["name"] == "sgd":
        momentum, nesterov = options["momentum"], options["nesterov"]
        return torch.optim.SGD(groups, learning_rate, momentum, nesterov=nesterov, fused=True)
    if options["name"] == "adamw":
        betas = (options["beta1"], options["beta2"])
        return torch.optim.AdamW(groups, learning_rate, betas, options["epsilon"], fused=True)
    raise ValueError(f"there is no optimiser {options['name']} here")


class Step:
    def __init__(self, ask):
        torch.set_num_threads(ask["threads"])
        torch.manual_seed(ask["seed"])
        tensors = read_safetensors(ask["file"])
        self.views = [tensors[f"view{view}"].permute(0, 3, 1, 2) for view in range(ask["views"])]  # bytes [N, 3, H, W]
        self.batch = len(self.views[0])
        self.scale = torch.tensor(ask["std"]).mul(255).reshape(3, 1, 1)
        self.shift = torch.tensor([m / s for m, s in zip(ask["mean"], ask["std"])]).reshape(3, 1, 1)
        self.model = self.build(ask)
        load(self.model, tensors)
        self.model.train()
        if self.model.channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        else:
            self.views = [view.contiguous() for view in self.views]
        self.optimiser = build_optimiser(self.model, ask["optimiser"], ask["learningRate"])
        self.functions = {}
        drawn = range(ask["comparedSteps"])
        self.given = [self.model.drawn(lambda name: tensors[f"drawn{step}/{name}"]) for step in drawn]

    def build(self, ask):
        if ask["method"] == "simsiam":
            return SimSiam(ask["backbone"], ask["options"])
        if ask["method"] == "mae":
            return Mae(ask["backbone"], ask["options"], self.views[0].shape[2])
        raise ValueError(f"there is no method {ask['method']} here")

    def loss(self, *drawn):
        return self.model.loss([view / self.scale - self.shift for view in self.views], *drawn)

    def compiled(self):
        """A function of its own for each variant: of one, torch would make new versions up to a limit."""
        return torch.compile(lambda *drawn: self.loss(*drawn), dynamic=False)

    def function(self, variant):
        """The loss as it is, or compiled, which happens at its first call."""
        key = (variant["compile"], variant["precision"], variant["attention"])
        if key not in self.functions:
            self.functions[key] = self.compiled() if variant["compile"] else self.loss
        return self.functions[key]

    def step(self, variant, drawn=None):
        bfloat16 = variant["precision"] == "bfloat16"
        autocast = torch.autocast("cpu", torch.bfloat16) if bfloat16 else contextlib.nullcontext()
        self.model.set_fused_attention(variant["attention"] == "fused")
        self.optimiser.zero_grad(set_to_none=True)
        with autocast:
            loss = self.function(variant)(*(self.model.draw(self.batch) if drawn is None else drawn))
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def compared(self):
        """The losses of the first steps, from the file's state and with its draws, plain."""
        plain = {"compile": False, "precision": "float32", "attention": None}
        return [self.step(plain, drawn) for drawn in self.given]

    def run(self, variant, steps):
        seconds, losses = [], []
        for _ in range(steps):
            start = time.perf_counter()
            losses.append(self.step(variant))
            seconds.append(time.perf_counter() - start)
        if not all(map(math.isfinite, losses)):
            raise ValueError(f"the loss became {losses[-1]}")
        return {"type": "ran", "seconds": seconds, "losses": losses}


def answer(state, ask):
    if ask["type"] == "prepare":
        state["step"] = Step(ask)
        parameters = sum(p.numel() for p in state["step"].model.parameters() if p.requires_grad)
        return {"type": "prepared", "parameters": parameters, "losses": state["step"].compared()}
    return state["step"].run(ask["variant"], ask["steps"])


def main():
    # What others print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    state = {}
    for line in sys.stdin:
        try:
            said = answer(state, json.loads(line))
        except Exception as error:
            lines = [text for text in str(error).splitlines() if text.strip()]
            said = {"type": "failed", "message": f"{type(error).__name__}: {lines[0] if lines else ''}"}
            if os.environ.get("UNLABEL_DEBUG"):
                sys.excepthook(*sys.exc_info())
        print(json.dumps(said), file=answers)


main()
