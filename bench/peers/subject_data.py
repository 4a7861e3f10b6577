"""The weights, the batch and a direction, as the harness wrote them: TensorFlow.js' layouts, float32, one after the other."""

from dataclasses import dataclass
from math import prod

import numpy as np


@dataclass(frozen=True)
class SubjectData:
    name: str
    inputs: np.ndarray
    labels: np.ndarray
    weights: list[np.ndarray]
    direction: list[np.ndarray]
    # The weights of each layer, by their places in the list.
    layers: list[list[int]]
    # Shapes that the weights do not show, such as a number of heads.
    options: dict


def read(subject: dict) -> SubjectData:
    def split(path: str) -> list[np.ndarray]:
        flat, arrays, start = np.fromfile(path, np.float32), [], 0
        for shape in subject["shapes"]:
            arrays.append(flat[start : start + prod(shape)].reshape(shape))
            start += prod(shape)
        return arrays

    return SubjectData(
        name=subject["name"],
        inputs=np.fromfile(subject["inputs"], np.float32).reshape(subject["inputShape"]),
        labels=np.fromfile(subject["labels"], np.int32),
        weights=split(subject["weights"]),
        direction=split(subject["direction"]),
        layers=subject["layers"],
        options=subject["options"],
    )
