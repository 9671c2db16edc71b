"""Views of a recipe made with albumentations, decoded with OpenCV, on one thread. Reads questions as lines of JSON,
prints an answer to each, ends with its input: the counterpart of `our-views.ts`, see `messages.ts` beside this file.

A file is not called albumentations.py, or Python would import it in place of the package."""

import json
import os
import sys
import time

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it asks a server for its newest version otherwise

import albumentations as A
import cv2
import numpy

cv2.setNumThreads(0)

INTERPOLATIONS = {"bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


def factors(strength):
    return (max(0.0, 1 - strength), 1 + strength)


def transform(op):
    """The counterpart of one operation. Where the image shrinks, OpenCV's resizing reads fewer pixels than ours."""
    if op["op"] == "random-resized-crop":
        size, interpolation = (op["size"], op["size"]), INTERPOLATIONS[op["interpolation"]]
        return A.RandomResizedCrop(size, scale=op["scale"], ratio=op["ratio"], interpolation=interpolation)
    if op["op"] == "horizontal-flip":
        return A.HorizontalFlip(p=op["p"])
    if op["op"] == "color-jitter":
        strengths = {name: factors(op[name]) for name in ("brightness", "contrast", "saturation")}
        return A.ColorJitter(**strengths, hue=(-op["hue"], op["hue"]), p=op["p"])
    if op["op"] == "grayscale":
        return A.ToGray(p=op["p"])
    if op["op"] == "gaussian-blur":
        return A.GaussianBlur(blur_limit=(op["kernel"], op["kernel"]), sigma_limit=op["sigma"], p=op["p"])
    raise ValueError(f"{op['op']} has no counterpart here")


def decode(file):
    return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


class Views:
    def __init__(self, ask):
        self.pipelines = []
        for view in ask["recipe"]["views"]:
            pipeline = A.Compose([transform(op) for op in view["operations"]], seed=1)
            self.pipelines += [pipeline] * view["count"]
        self.files = [numpy.fromfile(file, numpy.uint8) for file in ask["files"]]
        self.images = [decode(file) for file in self.files]
        self.decoded = ask["decoded"]

    def views(self, image):
        return [pipeline(image=image)["image"] for pipeline in self.pipelines]

    def run_pass(self, part):
        for file, image in zip(self.files, self.images):
            if part != "views" and not self.decoded:
                image = decode(file)
            if part != "decoding":
                self.views(image)

    def run(self, part, passes):
        seconds, rss = [], []
        for _ in range(passes):
            start = time.process_time()
            self.run_pass(part)
            seconds.append((time.process_time() - start) / len(self.files))
            rss.append(resident_bytes())
        return {"type": "ran", "seconds": seconds, "rssBytes": rss}


def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def answer(state, ask):
    if ask["type"] == "prepare":
        state["views"] = views = Views(ask)
        shapes = [list(view.shape) for view in views.views(views.images[0])]
        return {"type": "prepared", "images": len(views.files), "shapes": shapes}
    return state["views"].run(ask["part"], ask["passes"])


def main():
    # What others print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    state = {}
    for line in sys.stdin:
        try:
            said = answer(state, json.loads(line))
        except Exception as error:
            said = {"type": "failed", "message": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), file=answers)


main()
