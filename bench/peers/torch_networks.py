"""The subjects in PyTorch, with its own layers and layouts. Parameters come in the order of TensorFlow.js' weights."""

import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-3  # of both normalizations, as in TensorFlow.js


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv8, self.conv16 = nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)
        self.dense64, self.dense10 = nn.Linear(16 * 5 * 5, 64), nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv8(x)), 2)
        x = F.max_pool2d(F.relu(self.conv16(x)), 2)
        return self.dense10(F.relu(self.dense64(x.flatten(1))))


class Mlp(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        for layer in self.dense[:-1]:
            x = F.relu(layer(x))
        return self.dense[-1](x)


class ConvNorm(nn.Module):
    """A convolution without bias and a batch norm; padded as TensorFlow pads, which is more to the right and below."""

    def __init__(self, inputs, filters, size, stride):
        super().__init__()
        self.size, self.stride = size, stride
        self.conv = nn.Conv2d(inputs, filters, size, stride, bias=False, padding=size // 2 if stride == 1 else 0)
        self.norm = nn.BatchNorm2d(filters, eps=EPSILON)

    def forward(self, x):
        if self.stride == 2 and self.size == 3:
            x = F.pad(x, (0, 1, 0, 1))
        return self.norm(self.conv(x))


class Residual(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.first, self.second = ConvNorm(inputs, filters, 3, stride), ConvNorm(filters, filters, 3, 1)
        self.shortcut = ConvNorm(inputs, filters, 1, stride) if stride == 2 else nn.Identity()

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class Resnet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvNorm(3, 16, 3, 1)
        blocks, inputs = [], 16
        for filters in (16, 32, 64):
            for i in range(3):
                blocks.append(Residual(inputs, filters, 2 if i == 0 and filters > 16 else 1))
                inputs = filters
        self.blocks, self.dense = nn.Sequential(*blocks), nn.Linear(64, 10)

    def forward(self, x):
        return self.dense(self.blocks(F.relu(self.stem(x))).mean((2, 3)))


class Lstm(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.lstm, self.dense = nn.LSTM(inputs, units, batch_first=True), nn.Linear(units, 10)
        # TensorFlow.js has one bias.
        self.lstm.bias_hh_l0.requires_grad_(False).zero_()

    def forward(self, x):
        return self.dense(self.lstm(x)[0][:, -1])


class Transformer(nn.Module):
    def __init__(self, inputs, width, heads, hidden):
        super().__init__()
        self.embed = nn.Linear(inputs, width)
        self.heads = nn.ModuleList(
            nn.ModuleList(nn.Linear(width, width // heads) for _ in ("query", "key", "value")) for _ in range(heads)
        )
        self.project, self.norm1 = nn.Linear(width, width), nn.LayerNorm(width, eps=EPSILON)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm2, self.dense = nn.LayerNorm(width, eps=EPSILON), nn.Linear(width, 10)

    def forward(self, x):
        x, attended = self.embed(x), []
        for query, key, value in self.heads:
            scores = query(x) @ key(x).transpose(1, 2) / query.out_features**0.5
            attended.append(F.softmax(scores, -1) @ value(x))
        x = self.norm1(x + self.project(torch.cat(attended, -1)))
        x = self.norm2(x + self.down(F.relu(self.up(x))))
        return self.dense(x.mean(1))


def build(data) -> nn.Module:
    if data.name == "cnn":
        return Cnn()
    if data.name == "mlp":
        return Mlp([data.weights[0].shape[0], *(w.shape[1] for w in data.weights[::2])])
    if data.name == "resnet":
        return Resnet()
    if data.name == "lstm":
        return Lstm(data.weights[0].shape[0], data.weights[1].shape[0])
    if data.name == "transformer":
        return Transformer(*data.weights[0].shape, data.options["heads"], data.options["hidden"])
    raise ValueError(f"no network is called {data.name}")


def to_torch(name: str, place: int, array) -> torch.Tensor:
    """A weight, or a direction of its shape, in PyTorch's layout."""
    tensor = torch.from_numpy(array)
    if array.ndim == 4:
        tensor = tensor.permute(3, 2, 0, 1)
    elif name == "cnn" and place == 4:
        # Channels are flattened last there, first here.
        tensor = tensor.reshape(5, 5, 16, -1).permute(3, 2, 0, 1).flatten(1)
    elif array.ndim == 2:
        tensor = tensor.T
    return tensor.contiguous()


def inputs_of(data) -> torch.Tensor:
    x = torch.from_numpy(data.inputs)
    return x.permute(0, 3, 1, 2).contiguous() if x.ndim == 4 else x
