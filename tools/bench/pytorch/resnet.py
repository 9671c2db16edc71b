"""The two residual networks, under the names and with the shapes that `libs/nn` gives them."""

from torch import nn


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, bias=False)


class BasicBlock(nn.Module):
    """torchvision's BasicBlock: 3x3 (stride), BN, ReLU, 3x3, BN, plus shortcut, ReLU."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = conv(inputs, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        changes = stride != 1 or inputs != width
        self.downsample = nn.Sequential(conv(inputs, width, 1, stride), nn.BatchNorm2d(width)) if changes else None

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)) + shortcut)


class ResNet18(nn.Module):
    """torchvision's resnet18 without its classifier, with the CIFAR stem: 3x3 at stride 1, no pooling."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = conv(3, width, 3)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        inputs = width
        for stage in range(4):
            out = width * 2**stage
            first = BasicBlock(inputs, out, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, BasicBlock(out, out, 1)))
            inputs = out
        self.feature_size = inputs

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean((2, 3))


class Unit(nn.Module):
    """BN and ReLU, unless the input has them already, then a convolution."""

    def __init__(self, inputs, outputs, kernel, stride, plain, norm):
        super().__init__()
        self.bn = None if plain else norm(inputs)
        self.conv = conv(inputs, outputs, kernel, stride)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.conv(x if self.bn is None else self.relu(self.bn(x)))


class PreActivationBlock(nn.Module):
    """1x1 (stride), 3x3, 1x1, each after BN and ReLU, plus x or its 1x1 convolution."""

    def __init__(self, inputs, middle, outputs, stride, bare, project, norm):
        super().__init__()
        self.unit1 = Unit(inputs, middle, 1, stride, bare, norm)
        self.unit2 = Unit(middle, middle, 3, 1, False, norm)
        self.unit3 = Unit(middle, outputs, 1, 1, False, norm)
        self.shortcut = conv(inputs, outputs, 1, stride) if project else None

    def forward(self, x):
        return self.unit3(self.unit2(self.unit1(x))) + (x if self.shortcut is None else self.shortcut(x))


class ResNet20V2(nn.Module):
    """The pre-activation ResNet of depth 20 of Keras's CIFAR-10 example."""

    def __init__(self, width, epsilon, momentum):
        super().__init__()

        def norm(channels):
            return nn.BatchNorm2d(channels, epsilon, momentum)

        self.conv = conv(3, width, 3)
        self.bn = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.stages = nn.ModuleList()
        inputs = width
        for stage in range(3):
            outputs = width * 2 ** (stage + 2)
            middle = width if stage == 0 else outputs // 2
            blocks = nn.Sequential()
            for i in range(2):
                stride = 2 if stage > 0 and i == 0 else 1
                bare = stage == 0 and i == 0
                blocks.append(PreActivationBlock(inputs, middle, outputs, stride, bare, i == 0, norm))
                inputs = outputs
            self.stages.append(blocks)
        self.bn_last = norm(inputs)
        self.feature_size = inputs

    def forward(self, x):
        x = self.relu(self.bn(self.conv(x)))
        for stage in self.stages:
            x = stage(x)
        return self.relu(self.bn_last(x)).mean((2, 3))


def build_resnet(name, options):
    if name == "resnet18" and options["stem"] in ("auto", "cifar"):
        return ResNet18(options["width"])
    if name == "resnet20-v2" and not options["convBias"]:
        return ResNet20V2(options["width"], options["normEpsilon"], options["normMomentum"])
    raise ValueError(f"there is no {name} with {options} here")
