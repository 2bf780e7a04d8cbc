"""Tries the mutants of the contracts and prints what the tests killed.

Exits with 1 if a group's score is below what is accepted, a survivor is not listed in
`survivors.toml`, or (in a complete run) a listed one is none. A run that is ended goes on where it
stopped: results are kept in `cache/mutation/`, each as long as its contract and its test are the
same.
"""

import argparse
import queue
import random
import sys
import threading
import time

from rich.console import Console

from tools.compiler import ROOT, Compiler

from .bench import Bench, Unsound
from .mutants import Mutant, all_mutants
from .report import faults, print_survivors, table
from .results import Results
from .survivors import accepted
from .targets import TARGETS

FOLDER = ROOT / "cache" / "mutation"
WIDTH = 110
"""Columns of what is printed into a file."""

SECONDS = 300
"""How long the tests of one mutant may take; what takes longer counts as killed."""


def main() -> int:
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    arguments = parsed()
    first = FOLDER / "1"
    try:
        with Compiler() as compiler:
            Bench(first, compiler, SECONDS).build()
            everything = all_mutants(compiler, first)
        results = Results(FOLDER / "results.jsonl", first)
        chosen = choose(everything, arguments)
        open_ = [mutant for mutant in chosen if results.of(mutant) is None]
        console.print(f"{len(chosen)} mutants, {len(chosen) - len(open_)} known from before")
        if open_:
            run(open_, results, arguments.jobs, console)
    except Unsound as error:
        sys.exit(str(error))
    found = [(mutant, result) for mutant in chosen if (result := results.of(mutant))]
    reasons = accepted()
    print_survivors(console, found, reasons)
    console.print(table(found))
    said = faults(found, reasons, complete=len(chosen) == len(everything))
    for sentence in said:
        console.print(sentence, markup=False, highlight=False)
    return 1 if said else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutation", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried at a time (2)")
    parser.add_argument("--sample", type=int, metavar="N", help="try N mutants, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="of the choice (1)")
    parser.add_argument("--only", metavar="TEXT", help="only of sources whose path has this in it")
    return parser.parse_args()


def choose(mutants: list[Mutant], arguments: argparse.Namespace) -> list[Mutant]:
    if arguments.only:
        mutants = [mutant for mutant in mutants if arguments.only in mutant.key.file]
        if not mutants:
            sys.exit(f"--only: found {arguments.only!r}, accepted is part of a source's path")
    if arguments.sample and arguments.sample < len(mutants):
        picked = set(random.Random(arguments.seed).sample(range(len(mutants)), arguments.sample))
        mutants = [mutant for place, mutant in enumerate(mutants) if place in picked]
    return mutants


def run(mutants: list[Mutant], results: Results, jobs: int, console: Console) -> None:
    """Tries mutants on `jobs` benches at a time. Raises {Unsound}, or whatever ended a bench."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    lock = threading.Lock()
    errors: list[Exception] = []
    begun = time.monotonic()
    done = 0

    def work(bench: Bench) -> None:
        nonlocal done
        try:
            bench.exchange(TARGETS)
            while not errors:
                mutant = waiting.get_nowait()
                start = time.monotonic()
                verdict, killer = bench.try_mutant(mutant)
                seconds = time.monotonic() - start
                with lock:
                    results.add(mutant, verdict, killer, round(seconds, 1))
                    done += 1
                    passed = time.monotonic() - begun
                    console.print(
                        f"{done}/{len(mutants)} {passed / 60:.0f} min, {seconds:.1f} s: {verdict} "
                        f"{mutant.key.file}:{mutant.line} {mutant.key.mutated[:80]}",
                        markup=False,
                        highlight=False,
                    )
        except queue.Empty:
            pass
        except Exception as error:  # Of whatever kind: the run is void, and raises it again.
            errors.append(error)

    compilers = [Compiler() for _ in range(jobs)]
    try:
        workers = []
        for number, compiler in enumerate(compilers, 1):
            bench = Bench(FOLDER / str(number), compiler, SECONDS)
            if number > 1:
                bench.build(like=FOLDER / "1")
            workers.append(threading.Thread(target=work, args=(bench,)))
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    finally:
        for compiler in compilers:
            compiler.close()
    if errors:
        raise errors[0]


if __name__ == "__main__":
    sys.exit(main())
