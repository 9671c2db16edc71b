"""SimSiam (Chen & He 2020, https://arxiv.org/abs/2011.10566) under the names of `libs/methods`."""

from torch import nn
from torch.nn import functional as F

from resnet import build_resnet


def projector(inputs, width, layers):
    """Two or three layers; the last batch norm has no scale and shift."""
    hidden = [nn.Linear(inputs, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
    if layers == 3:
        hidden += [nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
    return nn.Sequential(*hidden, nn.Linear(width, width, bias=False), nn.BatchNorm1d(width, affine=False))


class Layers(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        return self.layers(x)


class SimSiam(nn.Module):
    channels_last = True

    def set_fused_attention(self, fused):
        """It has none."""

    def __init__(self, backbone, options):
        super().__init__()
        width, hidden = options["projectorWidth"], options["predictorWidth"]
        self.encoder = build_resnet(backbone["name"], backbone["options"])
        self.projector = Layers(projector(self.encoder.feature_size, width, options["projectorLayers"]))
        self.predictor = Layers(
            nn.Sequential(
                nn.Linear(width, hidden, bias=False),
                nn.BatchNorm1d(hidden),
                nn.ReLU(inplace=True),
                nn.Linear(hidden, width),
            )
        )

    def draw(self, batch):
        return ()

    def drawn(self, read):
        return ()

    def loss(self, views):
        """views: two of [N, 3, H, W], normalised. They pass one after the other, as in the authors' code."""
        z1, z2 = (self.projector(self.encoder(view)) for view in views)
        p1, p2 = self.predictor(z1), self.predictor(z2)

        def distance(p, z):
            return -F.cosine_similarity(p, z.detach(), dim=1).mean()

        return (distance(p1, z2) + distance(p2, z1)) / 2
