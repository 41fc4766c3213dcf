"""The actor and critic step of TD3+ODT in PyTorch, at the shapes of bench_learner.

Written for the comparison only: the way a PyTorch user would write the model, full windows, one
optimiser step each (AdamW stands in for LAMB), target networks moved tensor by tensor. Each in f32
and under bf16 autocast, each with attention written out ("eager") and with PyTorch's own
("sdpa"): the faster of the two is what counts. Prints `shape | precision attention critic_s actor_s`
lines, so that `make bench-peer` can put them beside ours.
"""
import contextlib
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, LAYERS, HEADS, BATCH = 512, 4, 4, 256
SHAPES = [("hopper K=20", 20, 11, 3, False), ("pen K=5", 5, 45, 24, True),
          ("antmaze K=1", 1, 29, 8, True), ("maze2d K=1", 1, 4, 2, True)]


class Block(nn.Module):
    def __init__(self, sdpa):
        super().__init__()
        self.sdpa = sdpa
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.drop = nn.Dropout(0.1)

    def forward(self, x, mask):
        rows, tokens, _ = x.shape
        q, k, v = (t.view(rows, tokens, HEADS, -1).transpose(1, 2)
                   for t in self.qkv(self.norm1(x)).chunk(3, -1))
        if self.sdpa:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True,
                                                   dropout_p=0.1 if self.training else 0.0)
        else:
            score = q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
            mixed = self.drop(score.masked_fill(mask, -1e4).softmax(-1)) @ v
        mixed = mixed.transpose(1, 2).reshape(rows, tokens, WIDTH)
        x = x + self.drop(self.out(mixed))
        return x + self.drop(self.narrow(F.relu(self.wide(self.norm2(x)))))


class Policy(nn.Module):
    def __init__(self, states, actions, sdpa):
        super().__init__()
        self.embed = nn.ModuleList([nn.Linear(1, WIDTH), nn.Linear(states, WIDTH),
                                    nn.Linear(actions, WIDTH)])
        self.norm, self.last = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.blocks = nn.ModuleList(Block(sdpa) for _ in range(LAYERS))
        self.head, self.drop = nn.Linear(WIDTH, actions), nn.Dropout(0.1)

    def forward(self, rtg, state, action):
        tokens = torch.stack([e(x) for e, x in zip(self.embed, (rtg, state, action))], 2)
        x = self.drop(self.norm(tokens.flatten(1, 2)))
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        for block in self.blocks:
            x = block(x, mask)
        return torch.tanh(self.head(self.last(x)[:, 1::3]))


def critic(states, actions, norm):
    def hidden(width):
        return [nn.Linear(width, 256), *([nn.LayerNorm(256)] if norm else []), nn.ReLU()]
    return nn.Sequential(*hidden(states + actions), *hidden(256), nn.Linear(256, 1))


def follow(target, network):
    with torch.no_grad():
        for t, p in zip(target.parameters(), network.parameters()):
            t.lerp_(p, 0.005)


def bench(name, K, S, A, norm, repeats, bf16, sdpa):
    policy, target = Policy(S, A, sdpa), Policy(S, A, sdpa).eval()
    cast = torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext()
    nets = nn.ModuleList([critic(S, A, norm) for _ in range(4)])
    actor_step = torch.optim.AdamW(policy.parameters(), 1e-4)
    critic_step = torch.optim.AdamW(nets[:2].parameters(), 1e-3)
    rtg, state, after = torch.randn(BATCH, K, 1), torch.randn(BATCH, K, S), torch.randn(BATCH, K, S)
    action, reward = torch.tanh(torch.randn(BATCH, K, A)), torch.randn(BATCH, K, 1)
    times = {"critic": [], "actor": []}
    for _ in range(repeats + 1):
        start = time.process_time()
        with torch.no_grad(), cast:
            following = target(rtg, after, action)
            pair = torch.cat([after, following], -1)
            y = reward + 0.99 * torch.minimum(nets[2](pair), nets[3](pair))
        pair = torch.cat([state, action], -1)
        with cast:
            values = [nets[i](pair) for i in range(2)]
        loss = sum(F.mse_loss(value.float(), y.float()) for value in values)
        critic_step.zero_grad()
        loss.backward()
        critic_step.step()
        times["critic"].append(time.process_time() - start)

        start = time.process_time()
        with cast:
            proposed = policy(rtg, state, action)
            value = nets[0](torch.cat([state, proposed], -1)).float().mean()
        loss = F.mse_loss(proposed.float(), action) - 0.1 * value
        actor_step.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.parameters(), 0.25)
        actor_step.step()
        follow(target, policy)
        follow(nets[2:], nets[:2])
        times["actor"].append(time.process_time() - start)
    c, a = (statistics.median(times[k][1:]) for k in ("critic", "actor"))
    print(f"{name} | {'bf16' if bf16 else 'f32'} {'sdpa' if sdpa else 'eager'} {c:.4f} {a:.4f}",
          flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    quick = "quick" in sys.argv[1:]
    for what, K, S, A, norm in reversed(SHAPES):
        for way in range(4):
            bench(what, K, S, A, norm, 1 if quick else 3 if K == 20 else 7, way >= 2, way % 2 == 1)
