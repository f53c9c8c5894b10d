#!/usr/bin/env python3
"""Chooses what each signal weighs, and the thresholds for mail and for chat, on labelled messages.

    cargo build --release
    python3 tests/calibrate/calibrate.py target/release/tidings LABELS.jsonl

It asks the program itself (`replay --labels LABELS.jsonl --json --items`) how strongly each signal fires on each message,
so that what is weighed here is what the daemon weighs. Python 3.9 or newer and its standard library; the same input gives
the same answer.

How it chooses. `prior.json` beside this file holds the weights that a person set before looking at any figure, and the
messages may move them: logistic regression on the points, with a normal prior at these weights (its width is PRIOR_WIDTH),
each weight kept on its side of zero, in steps of a quarter point. So a second run chooses the same as the first. Then the two thresholds are those with the best F1 that finds RECALL of the
urgent and lets through at most THROUGH of the natural sample; F1 is averaged over neighbouring thresholds, so that no single
message decides. A few hundred messages cannot say more than that.

What it prints. `held out`: each message judged with weights and thresholds that were chosen without it (5 parts, 5 times;
parts are alike in channel and label): the figure to believe. `fitted`: chosen and measured on the same messages. `as built`:
what is in the program now. Last the tables of `src/urgency/scale.rs` with the new numbers; the reasons in them are written by hand
and are left as they are. Labels that were not given by hand, and those of a confidence below 0.6, are left out.
"""
import argparse
import collections
import json
import math
import pathlib
import random
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PRIOR, SOURCE = HERE / "prior.json", HERE.parent.parent / "src/urgency/scale.rs"
PARTS, REPEATS = 5, 5
RECALL, THROUGH = 0.85, 0.12
PRIOR_WIDTH = 0.75
STEP = 0.25
KINDS = ("mail", "chat")
# What must pass whatever a machine's mail loses: a promise, which no figure changes.
ALWAYS = ("one_time_code", "alert_source")
# Missing one of RECALL or THROUGH by a hundredth is worth this many hundredths of F1.
COST = 0.5


class Message:
    def __init__(self, told):
        self.id = told["id"]
        self.kind = told["scale"]
        self.channel = told["channel"]
        self.sample = told["sample"]
        self.urgent = told["label"] == "urgent"
        self.shares = told["shares"]
        self.got = told["got"] == "urgent"

    def stratum(self):
        return self.channel, self.sample, self.urgent


class Scale:
    def __init__(self, weights, thresholds):
        self.weights, self.thresholds = weights, thresholds

    def score(self, message):
        # As the program: hundredths, a share of a weight cut towards zero.
        hundredths = (int(round(self.weights[s] * 100) * round(x * 100) / 100) for s, x in message.shares.items())
        return sum(hundredths) / 100

    def passes(self, message):
        return self.score(message) >= self.thresholds[message.kind]


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def fit(messages, prior, width):
    """Weights by coordinate descent; each step is Newton's for one weight, cut at zero."""
    weights, bias = dict(prior.weights), dict(prior.thresholds)
    fired = collections.defaultdict(list)
    margins = []
    for n, m in enumerate(messages):
        margins.append(sum(weights[s] * x for s, x in m.shares.items()) - bias[m.kind])
        for s, x in m.shares.items():
            fired[s].append((n, x))
        fired["at", m.kind].append((n, -1.0))
    # What is missed costs more than what is let through.
    cost = [2.0 if m.urgent else 1.0 for m in messages]
    for _ in range(60):
        moved = 0.0
        for name in sorted(set(fired) - set(ALWAYS), key=str):
            is_bias = isinstance(name, tuple)
            old = bias[name[1]] if is_bias else weights[name]
            start = prior.thresholds[name[1]] if is_bias else prior.weights[name]
            spread = (2 if is_bias else 1) * width * (0.5 + abs(start) / 4)
            gradient, curve = (old - start) / spread**2, 1 / spread**2
            for n, x in fired[name]:
                p = sigmoid(margins[n])
                gradient += cost[n] * x * (p - messages[n].urgent)
                curve += cost[n] * x * x * max(p * (1 - p), 1e-3)
            new = old - max(-1.0, min(1.0, gradient / curve))
            if not is_bias:
                new = max(0.0, new) if start >= 0 else min(0.0, new)
            for n, x in fired[name]:
                margins[n] += (new - old) * x
            if is_bias:
                bias[name[1]] = new
            else:
                weights[name] = new
            moved = max(moved, abs(new - old))
        if moved < 1e-4:
            break
    return {s: round(w / STEP) * STEP for s, w in weights.items()}


def thresholds(messages, weights, start):
    """The two thresholds, by the counts that each gives."""
    scale = Scale(weights, start)
    steps = [n * STEP for n in range(4, 41)]
    counts = {}
    for kind in KINDS:
        scored = [(scale.score(m), m) for m in messages if m.kind == kind]
        for at in steps:
            through = [m for score, m in scored if score >= at]
            natural = sum(m.sample == "natural" for m in through)
            counts[kind, at] = (len(through), sum(m.urgent for m in through), natural)
    urgent = sum(m.urgent for m in messages)
    natural = max(1, sum(m.sample == "natural" for m in messages))

    def smooth(kind, at, which):
        near = [counts[kind, step] for step in (at - STEP, at, at, at + STEP) if (kind, step) in counts]
        return sum(count[which] for count in near) / len(near)

    def worth(mail, chat):
        both = (("mail", mail), ("chat", chat))
        through, found, common = (sum(smooth(kind, at, which) for kind, at in both) for which in range(3))
        f1 = 2 * found / max(1, through + urgent)
        short = max(0.0, RECALL - found / max(1, urgent)) + max(0.0, common / natural - THROUGH)
        far = abs(mail - start["mail"]) + abs(chat - start["chat"])
        return f1 - COST * short - 0.001 * far

    mail, chat = max(((mail, chat) for mail in steps for chat in steps), key=lambda pair: worth(*pair))
    return {"mail": mail, "chat": chat}


def choose(messages, prior, width):
    weights = fit(messages, prior, width)
    return Scale(weights, thresholds(messages, weights, prior.thresholds))


def parts(messages, seed):
    """Numbers of parts, one for each message: every stratum is dealt out evenly."""
    by_stratum = collections.defaultdict(list)
    for n, m in enumerate(messages):
        by_stratum[m.stratum()].append(n)
    dealt, chance, at = [0] * len(messages), random.Random(seed), 0
    for stratum in sorted(by_stratum):
        numbers = by_stratum[stratum]
        chance.shuffle(numbers)
        for n in numbers:
            dealt[n] = at % PARTS
            at += 1
    return dealt


def held_out(messages, prior, width):
    """For each repeat, what each message got from a scale that was chosen without it."""
    for seed in range(REPEATS):
        dealt, got = parts(messages, seed), [False] * len(messages)
        for part in range(PARTS):
            scale = choose([m for m, p in zip(messages, dealt) if p != part], prior, width)
            for n, m in enumerate(messages):
                if dealt[n] == part:
                    got[n] = scale.passes(m)
        yield got


def figures(pairs):
    pairs = list(pairs)
    urgent = sum(m.urgent for m, _ in pairs)
    through = sum(got for _, got in pairs)
    found = sum(m.urgent and got for m, got in pairs)
    share = lambda a, b: a / b if b else float("nan")
    return [share(found, through), share(found, urgent), share(2 * found, urgent + through), share(through, len(pairs))]


def show(name, messages, gots):
    """The mean over repeats, and the range of F1."""
    groups = [("all", lambda m: True)]
    groups += [(c, lambda m, c=c: m.channel == c) for c in sorted({m.channel for m in messages})]
    groups += [(f"{s} sample", lambda m, s=s: m.sample == s) for s in sorted({m.sample for m in messages})]
    groups += [(f"natural {c}", lambda m, c=c: m.sample == "natural" and m.channel == c) for c in ("email", "sms")]
    print(f"\n{name:<18} {'items':>5} {'urgent':>6}  precision  recall    F1  through")
    for label, belongs in groups:
        rows = [figures((m, got) for m, got in zip(messages, round_) if belongs(m)) for round_ in gots]
        mine = [m for m in messages if belongs(m)]
        mean = [sum(row[n] for row in rows) / len(rows) for n in range(4)]
        text = "".join("        -" if math.isnan(x) else f"{x:9.3f}" for x in mean)
        span = ""
        if label == "all" and len(rows) > 1:
            span = "   F1 of the repeats %.3f to %.3f" % (min(r[2] for r in rows), max(r[2] for r in rows))
        print(f"  {label:<16} {len(mine):>5} {sum(m.urgent for m in mine):>6}  {text}{span}")


def table(scale, told, messages):
    """The lines of the source with other numbers in them."""
    print("\nweight now -> chosen; fired on urgent / on others")
    for signal, was in told["weights"].items():
        now = scale.weights[signal]
        urgent = sum(m.urgent for m in messages if signal in m.shares)
        others = sum(not m.urgent for m in messages if signal in m.shares)
        mark = "" if was == now else "  *"
        print(f"  {signal:<18} {was:+6.2f} -> {now:+6.2f}  {urgent:>4} / {others}{mark}")
    print("\nfor src/urgency/scale.rs:")
    for line in SOURCE.read_text(encoding="utf-8").splitlines():
        row = re.match(r"(\s+\(Signal::)(\w+)(, )-?[\d_]+(, .*)", line)
        if row:
            name = re.sub(r"(?<!^)([A-Z])", r"_\1", row[2]).lower()
            print(f"{row[1]}{row[2]}{row[3]}{round(scale.weights[name] * 100):_}{row[4]}")
    urgent = {kind: round(scale.thresholds[kind] * 100) for kind in KINDS}
    low = {kind: round(told["thresholds"][kind]["low_at"] * 100) for kind in KINDS}
    both = ", ".join(f"{kind}: thresholds({urgent[kind]}, {low[kind]})" for kind in KINDS)
    print(f"        Self {{ {both}, weights: BTreeMap::new() }}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the program `tidings`; or what it printed, as a file")
    parser.add_argument("labels", nargs="?", help="the labelled messages; not needed with a file of what it printed")
    parser.add_argument("--width", type=float, default=PRIOR_WIDTH, help="how far messages may move a weight [%(default)s]")
    parser.add_argument("--widths", action="store_true", help="also print the held-out F1 for other widths")
    args = parser.parse_args()
    if args.labels:
        command = [args.program, "replay", "--labels", args.labels, "--json", "--items"]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    else:
        with open(args.program, encoding="utf-8") as file:
            told = json.load(file)
    messages = [Message(item) for item in told["judged"] if item["label_source"].startswith("hand")]
    if not messages:
        sys.exit("there are no labels by hand in it")
    by_hand = json.loads(PRIOR.read_text(encoding="utf-8"))
    prior = Scale({**told["weights"], **by_hand["weights"]}, by_hand["thresholds"])
    show("as built", messages, [[m.got for m in messages]])
    show("held out", messages, list(held_out(messages, prior, args.width)))
    fitted = choose(messages, prior, args.width)
    show("fitted", messages, [[fitted.passes(m) for m in messages]])
    if args.widths:
        print("\nheld-out F1 by how far weights may move (0.01: only the thresholds are chosen)")
        for width in (0.01, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0):
            rows = [figures(zip(messages, got)) for got in held_out(messages, prior, width)]
            mean = [sum(row[n] for row in rows) / len(rows) for n in range(3)]
            print(f"  {width:<5} precision {mean[0]:.3f}  recall {mean[1]:.3f}  F1 {mean[2]:.3f}")
    table(fitted, told, messages)


if __name__ == "__main__":
    main()
