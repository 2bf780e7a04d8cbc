"""`ape run demo [OPTIONS]`: the demo, with the options of `make demo`."""

import click

from deposit_token.demo.cli import app


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def cli(options: tuple[str, ...]) -> None:
    app(list(options), prog_name="ape run demo")
