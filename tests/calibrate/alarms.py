#!/usr/bin/env python3
"""False alarms by kind: what share of mails of each kind is let through.

    python3 tests/calibrate/alarms.py target/release/tidings ../shared/corpus [--list KIND]...

The folder holds mails in a folder a kind (list, newsletter, notification, spam, ...). Each is judged by `replay` as of its
own date, by a configuration without rules whose reader is nobody of these mails. --list names those of a kind that were let
through, with their signals. Nobody has labelled them: a mail that is let through is no mistake by that alone, but of lists,
newsletters and notifications hardly any should be.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

CONFIGURATION = """
state_dir = "state"
timezone = "Etc/UTC"
[me]
addresses = ["reader@tidings.invalid"]
[smtp]
folder = "out"
from = "tidings@tidings.invalid"
[[account]]
name = "local"
maildir = "Mail"
[[digest]]
name = "all"
schedule = "0 9 * * *"
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("--list", action="append", default=[], metavar="KIND")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "tidings.toml")
        config.write_text(CONFIGURATION, encoding="utf-8")
        print(f"{'kind':<14} {'mails':>6} {'urgent':>7} {'share':>7}  signals of the urgent")
        for kind in sorted(path for path in args.corpus.iterdir() if path.is_dir()):
            mails = sorted(kind.glob("*.eml"))
            if not mails:
                continue
            command = [args.program, "replay", "--config", config, "--json", "--items", *mails]
            told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            # Without an unreadable one among them items stand in the order of the files.
            assert told["unreadable"] == 0 and len(told["items"]) == len(mails)
            urgent = [(mail, item) for mail, item in zip(mails, told["items"]) if item["urgency"] in ("urgent", "critical")]
            signals = sorted(told["signals_urgent"].items(), key=lambda pair: -pair[1])
            shown = ", ".join(f"{name} {count}" for name, count in signals[:6])
            print(f"{kind.name:<14} {len(mails):>6} {len(urgent):>7} {len(urgent) / len(mails):>7.3f}  {shown}")
            for mail, item in urgent if kind.name in args.list else []:
                points = " ".join(f"{signal['name']}{signal['points']:+g}" for signal in item["signals"])
                print(f"    {mail.name}  {item['score']:+g}: {points}")


if __name__ == "__main__":
    main()
