"""Groups of commands that also take a bucket's name where a command of theirs could stand."""

from typing import TYPE_CHECKING

import typer.core

if TYPE_CHECKING:
    from typer._click import Context


class MayNameFirst(typer.core.TyperGroup):
    """`health photos` beside `health config`: what is no command is the group's own argument."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        word = next((one for one in args if not one.startswith("-")), "")
        if word in self.commands:
            place = args.index(word)
            args = [*args[:place], "", *args[place:]]
        else:
            ctx.allow_interspersed_args = True
        return super().parse_args(ctx, args)


class NameOrVerb(typer.core.TyperGroup):
    """`breaker photos open` is `breaker open photos`, and `breaker photos` is `breaker show photos`."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            name, *rest = args
            verb = rest.pop(0) if rest and rest[0] in self.commands else "show"
            args = [verb, name, *rest]
        return super().parse_args(ctx, args)
