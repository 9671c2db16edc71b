"""Masked autoencoder (He et al. 2021, https://arxiv.org/abs/2111.06377) under the names of `libs/methods`.

The patches are chosen before they are embedded, which spares three quarters of that product, as in our own step.
"""

import torch
from torch import nn
from torch.nn import functional as F

EPSILON = 1e-6


class Attention(nn.Module):
    fused = True  # PyTorch's own kernel; without it products and softmax, as timm with fused_attn off

    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(size, 3 * size)
        self.proj = nn.Linear(size, size)

    def forward(self, x):
        N, L, D = x.shape
        q, k, v = self.qkv(x).reshape(N, L, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.fused:
            mixed = F.scaled_dot_product_attention(q, k, v)  # [N, heads, L, D / heads]
        else:
            mixed = (q * q.shape[-1] ** -0.5 @ k.transpose(-2, -1)).softmax(-1).to(v.dtype) @ v
        return self.proj(mixed.transpose(1, 2).reshape(N, L, D))


class Mlp(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.fc1 = nn.Linear(size, hidden)
        self.fc2 = nn.Linear(hidden, size)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    """timm's Block: pre-norm attention, pre-norm MLP."""

    def __init__(self, size, heads, ratio):
        super().__init__()
        self.norm1 = nn.LayerNorm(size, EPSILON)
        self.attn = Attention(size, heads)
        self.norm2 = nn.LayerNorm(size, EPSILON)
        self.mlp = Mlp(size, round(size * ratio))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, patch, size):
        super().__init__()
        self.proj = nn.Conv2d(3, size, patch, patch)

    def forward(self, patches):
        """patches: [N, K, P * P * 3], in the order row, column, channel."""
        weight = self.proj.weight.permute(0, 2, 3, 1).flatten(1)
        return F.linear(patches, weight, self.proj.bias)


def take(x, rows):
    """Rows [N, K] of each x[n]: [N, L, D] -> [N, K, D]."""
    return x.gather(1, rows.unsqueeze(-1).expand(-1, -1, x.shape[2]))


class Encoder(nn.Module):
    def __init__(self, options, patches):
        super().__init__()
        size = options["width"]
        self.patch_embed = PatchEmbed(options["patchSize"], size)
        self.register_buffer("pos_embed", torch.zeros(1, patches, size))
        heads, ratio = options["heads"], options["mlpRatio"]
        self.blocks = nn.Sequential(*(Block(size, heads, ratio) for _ in range(options["depth"])))
        self.norm = nn.LayerNorm(size, EPSILON)

    def forward(self, patches, kept):
        tokens = self.patch_embed(take(patches, kept)) + self.pos_embed[0][kept]
        return self.norm(self.blocks(tokens))


class Mae(nn.Module):
    channels_last = False

    def set_fused_attention(self, fused):
        for module in self.modules():
            if isinstance(module, Attention):
                module.fused = fused

    def __init__(self, backbone, options, side):
        super().__init__()
        vit = backbone["vit"]
        if vit["classToken"] or vit["positions"] != "sincos" or options["head"] != "linear" or not options["normPix"]:
            raise ValueError(f"there is no masked autoencoder with {vit} and {options} here")
        if options["resize"] is not None:
            raise ValueError("there is no masked autoencoder that resizes here")
        self.patch = vit["patchSize"]
        self.patches = (side // self.patch) ** 2
        self.kept = int(self.patches * (1 - options["maskRatio"]))
        width, numbers = options["decoderWidth"], self.patch**2 * 3
        self.encoder = Encoder(vit, self.patches)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("decoder_pos_embed", torch.zeros(1, self.patches, width))
        self.decoder_embed = nn.Linear(vit["width"], width)
        heads, ratio = options["decoderHeads"], options["decoderMlpRatio"]
        self.decoder_blocks = nn.Sequential(*(Block(width, heads, ratio) for _ in range(options["decoderDepth"])))
        self.decoder_norm = nn.LayerNorm(width, EPSILON)
        self.decoder_pred = nn.Linear(width, numbers)

    def draw(self, batch):
        """The authors' random masking: ids of the smallest of uniform noise are kept."""
        order = torch.rand(batch, self.patches).argsort(1)
        return order[:, : self.kept], order.argsort(1)

    def drawn(self, read):
        return tuple(read(name).long() for name in ("kept", "restore"))

    def patchify(self, x):
        """[N, 3, H, W] -> [N, L, P * P * 3]"""
        N, C, H, W = x.shape
        P = self.patch
        return x.reshape(N, C, H // P, P, W // P, P).permute(0, 2, 4, 3, 5, 1).reshape(N, self.patches, P * P * C)

    def loss(self, views, kept, restore):
        patches = self.patchify(views[0])
        tokens = self.decoder_embed(self.encoder(patches, kept))
        hidden = self.mask_token.expand(len(tokens), self.patches - self.kept, -1).to(tokens.dtype)
        x = take(torch.cat([tokens, hidden], 1), restore) + self.decoder_pos_embed
        prediction = self.decoder_pred(self.decoder_norm(self.decoder_blocks(x)))
        mean = patches.mean(-1, keepdim=True)
        target = (patches - mean) / (patches.var(-1, keepdim=True) + 1e-6).sqrt()
        mask = (restore >= self.kept).to(torch.float32)
        return (((prediction - target) ** 2).mean(-1) * mask).sum() / mask.sum()
