"""Two updates of SAC on small networks in float64, written from the equations of docs/methods.md 17b
and independently of engine/: gradients are central differences of the losses, so that no backward
pass is shared. Writes tests/data/sac_mlp.h5.

    python3 tests/data/make_sac_mlp.py        needs numpy and h5py
"""
import os

import h5py
import numpy as np

B, S, A, W = 7, 5, 2, 12
LR, GAMMA, TAU, ALPHA = 3e-4, 0.99, 0.005, 0.7
rng = np.random.default_rng(20)


def f32(x):
    return np.asarray(x, np.float32).astype(np.float64)


def network(n_in, n_out, scale):
    sizes = [(W, n_in), (W, W), (n_out, W)]
    return [(f32(rng.uniform(-1, 1, s) * 1.5 / np.sqrt(s[1])), f32(rng.normal(size=s[0]) * scale)) for s in sizes]


def forward(net, x):
    for i, (w, b) in enumerate(net):
        x = x @ w.T + b
        if i < len(net) - 1:
            x = np.maximum(x, 0)
    return x


def policy(net, state, eps):
    """The sampled action and its log-probability."""
    y = forward(net, state)
    mu, log_std = y[:, :A], np.clip(y[:, A:], -20, 2)
    u = mu + np.exp(log_std) * eps
    a = np.tanh(u)
    jacobian = 2 * (np.log(2) - u - np.logaddexp(0, -2 * u))  # log(1 - a^2)
    log_prob = -0.5 * eps**2 - log_std - 0.5 * np.log(2 * np.pi) - jacobian
    return a, log_prob.sum(1)


def q(net, state, action):
    return forward(net, np.concatenate([state, action], 1))[:, 0]


def flat(net):
    return np.concatenate([p.ravel() for layer in net for p in layer])


def unflat(x, net):
    out, at = [], 0
    for w, b in net:
        out.append((x[at:at + w.size].reshape(w.shape), x[at + w.size:at + w.size + b.size]))
        at += w.size + b.size
    return out


def gradient(loss, net, h=1e-6):
    x, g = flat(net), []
    for i in range(x.size):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        g.append((loss(unflat(up, net)) - loss(unflat(down, net))) / (2 * h))
    return np.array(g)


class Adam:
    def __init__(self, n):
        self.m, self.v, self.t = np.zeros(n), np.zeros(n), 0

    def step(self, x, g):
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.999 * self.v + 0.001 * g * g
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        return x - LR * m / (np.sqrt(v) + 1e-8)


def write(f, path, net):
    for i, (w, b) in enumerate(net):
        f[f"{path}/layer{i + 1}.weight"] = w
        f[f"{path}/layer{i + 1}.bias"] = b


actor, q1, q2 = network(S, 2 * A, 0.3), network(S + A, 1, 0.3), network(S + A, 1, 0.3)
actor[2][1][A] = f32(2.1)  # the first log standard deviation is clamped in some rows and not in others
target = [network(S + A, 1, 0.3), network(S + A, 1, 0.3)]
log_alpha = np.array([np.log(ALPHA)])
adams = {k: Adam(n) for k, n in [("actor", flat(actor).size), ("q1", flat(q1).size),
                                 ("q2", flat(q2).size), ("alpha", 1)]}
with h5py.File(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sac_mlp.h5"), "w", track_order=False) as f:
    for k, v in dict(batch=B, hidden=W, lr=LR, gamma=GAMMA, tau=TAU, alpha=ALPHA).items():
        f.attrs["cfg_" + k] = v
    for name, net in [("actor", actor), ("q1", q1), ("q2", q2), ("target_q1", target[0]), ("target_q2", target[1])]:
        write(f, f"init/{name}", net)
    for step in (1, 2):
        b = {"state": f32(rng.normal(size=(B, S))), "next_state": f32(rng.normal(size=(B, S))),
             "action": f32(rng.uniform(-0.95, 0.95, (B, A))), "reward": f32(rng.normal(size=B)),
             "done": f32(rng.integers(0, 2, B))}
        eps, next_eps = f32(rng.normal(size=(B, A))), f32(rng.normal(size=(B, A)))
        for k, v in b.items():
            f[f"batch/step{step}/{k}"] = v
        f[f"noise/step{step}/now"], f[f"noise/step{step}/next"] = eps, next_eps

        # The temperature moves first.
        _, log_prob = policy(actor, b["state"], eps)
        entropy = -log_prob.mean()
        log_alpha = adams["alpha"].step(log_alpha, np.array([entropy + A]))
        alpha = np.exp(log_alpha[0])

        def actor_loss(net):
            a, lp = policy(net, b["state"], eps)
            return (alpha * lp - np.minimum(q(q1, b["state"], a), q(q2, b["state"], a))).mean()

        next_a, next_lp = policy(actor, b["next_state"], next_eps)
        low = np.minimum(q(target[0], b["next_state"], next_a), q(target[1], b["next_state"], next_a))
        y = b["reward"] + GAMMA * (1 - b["done"]) * (low - alpha * next_lp)

        def critic_loss(net):
            return ((q(net, b["state"], b["action"]) - y) ** 2).mean()

        grads = {"actor": gradient(actor_loss, actor), "q1": gradient(critic_loss, q1),
                 "q2": gradient(critic_loss, q2)}
        out = f"f64/step{step}"
        f[f"{out}/actor_loss"], f[f"{out}/critic_loss"] = actor_loss(actor), critic_loss(q1) + critic_loss(q2)
        f[f"{out}/entropy"], f[f"{out}/temperature"] = entropy, alpha
        for k, net in (("actor", actor), ("q1", q1), ("q2", q2)):
            write(f, f"{out}/gradient/{k}", unflat(grads[k], net))
        actor, q1, q2 = [unflat(adams[k].step(flat(net), grads[k]), net)
                         for k, net in (("actor", actor), ("q1", q1), ("q2", q2))]
        target = [[(TAU * w + (1 - TAU) * tw, TAU * c + (1 - TAU) * tc) for (w, c), (tw, tc) in zip(net, t)]
                  for net, t in zip((q1, q2), target)]
        for k, net in (("actor", actor), ("q1", q1), ("q2", q2), ("target_q1", target[0]), ("target_q2", target[1])):
            write(f, f"{out}/after/{k}", net)
