"""Reads the pickle opcodes that weight files use as plain data: no class is sought, nothing runs.

What a named object means (a tensor, an array) is left to the `Builder` that the caller hands in.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar

_MARK = object()


class NotPlainData(ValueError):
    """The stream asks for something that weights never need; it is not read any further."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the stream mentions, as `module.name`; it stays a name."""

    path: str


@dataclass(slots=True)
class Named:
    """An object the stream describes: its class' name, constructor arguments and, later, state."""

    path: str
    arguments: tuple[Any, ...]
    state: Any = None


Builder = Callable[[Named], Any]
"""Turns a described object into data; raises `NotPlainData` for a name it does not know."""


def read_value(
    stream: BinaryIO,
    build: Builder,
    *,
    finish: Callable[[Any, BinaryIO], Any] | None = None,
    resolve: Callable[[Any], Any] | None = None,
) -> Any:
    """Read one value and leave `stream` just behind it.

    `build` is called for each constructed object, `finish` when an object gets its state (it may
    read bytes that stand in the stream at that place, as joblib's arrays do), `resolve` for
    persistent ids. The opcodes are those of the standard library's `pickletools`.

    Raises `NotPlainData` for any opcode, name or nesting that plain weights do not use, and for a
    damaged stream.
    """
    reader = _Reader(stream, build, finish, resolve)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name == "STOP":
                return reader.pop()
            reader.apply(opcode.name, argument)
    except NotPlainData:
        raise
    except (ValueError, IndexError, TypeError, KeyError) as error:
        raise NotPlainData(f"damaged stream: {error}") from error
    raise NotPlainData("the stream ends early")


class _Reader:
    """The stack machine; one method a group of opcodes."""

    _LITERALS = frozenset(
        "BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 "
        "BINBYTES SHORT_BINBYTES BINBYTES8 BINSTRING SHORT_BINSTRING".split()
    )
    _IGNORED = frozenset(("PROTO", "FRAME"))
    _CONSTANTS: ClassVar[dict[str, bool | None]] = {
        "NONE": None,
        "NEWTRUE": True,
        "NEWFALSE": False,
    }

    def __init__(
        self,
        stream: BinaryIO,
        build: Builder,
        finish: Callable[[Any, BinaryIO], Any] | None,
        resolve: Callable[[Any], Any] | None,
    ) -> None:
        self._stream = stream
        self._build = build
        self._finish = finish
        self._resolve = resolve
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def pop(self) -> Any:
        """The value on top: the result once the stream says stop."""
        return self._stack.pop()

    def apply(self, name: str, argument: Any) -> None:
        """Carry out one opcode, or raise `NotPlainData` for one that weights do not use."""
        if name in self._IGNORED:
            return
        if name in self._LITERALS:
            self._stack.append(argument)
            return
        if name in self._CONSTANTS:
            self._stack.append(self._CONSTANTS[name])
            return
        handler = getattr(self, f"_op_{name.lower()}", None)
        if handler is None:
            raise NotPlainData(f"opcode {name} is not used by weights")
        handler(argument)

    # Containers -----------------------------------------------------------------------------

    def _op_mark(self, _: Any) -> None:
        self._stack.append(_MARK)

    def _since_mark(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        items.reverse()
        return items

    def _op_empty_dict(self, _: Any) -> None:
        self._stack.append({})

    def _op_empty_list(self, _: Any) -> None:
        self._stack.append([])

    def _op_empty_tuple(self, _: Any) -> None:
        self._stack.append(())

    def _op_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._since_mark()))

    def _op_tuple1(self, _: Any) -> None:
        self._take_tuple(1)

    def _op_tuple2(self, _: Any) -> None:
        self._take_tuple(2)

    def _op_tuple3(self, _: Any) -> None:
        self._take_tuple(3)

    def _take_tuple(self, count: int) -> None:
        items = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._stack.append(items)

    def _op_append(self, _: Any) -> None:
        item = self._stack.pop()
        self._list_below().append(item)

    def _op_appends(self, _: Any) -> None:
        items = self._since_mark()
        self._list_below().extend(items)

    def _list_below(self) -> list[Any]:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise NotPlainData("items are appended to something that is no list")
        return target

    def _op_setitem(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._dict_below()[key] = value

    def _op_setitems(self, _: Any) -> None:
        items = self._since_mark()
        self._dict_below().update(zip(items[::2], items[1::2], strict=True))

    def _dict_below(self) -> dict[Any, Any]:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise NotPlainData("keys are set on something that is no dictionary")
        return target

    # Memo -----------------------------------------------------------------------------------

    def _op_binput(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    _op_long_binput = _op_binput

    def _op_memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _op_binget(self, index: int) -> None:
        self._stack.append(self._memo[index])

    _op_long_binget = _op_binget

    # Objects --------------------------------------------------------------------------------

    def _op_global(self, argument: str) -> None:
        self._stack.append(Name(argument.replace(" ", ".")))

    def _op_stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._stack.append(Name(f"{module}.{name}"))

    def _op_reduce(self, _: Any) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise NotPlainData("something is called that is no name")
        self._stack.append(self._build(Named(name.path, arguments)))

    _op_newobj = _op_reduce

    def _op_build(self, _: Any) -> None:
        state = self._stack.pop()
        target = self._stack.pop()
        if isinstance(target, Named):
            target.state = state
        # Attributes hung on a dictionary (torch's `_metadata`) say nothing of the weights.
        finished = target if self._finish is None else self._finish(target, self._stream)
        if finished is not target:
            self._memo = {
                key: finished if value is target else value for key, value in self._memo.items()
            }
        self._stack.append(finished)

    def _op_binpersid(self, _: Any) -> None:
        if self._resolve is None:
            raise NotPlainData("the stream refers to data kept elsewhere")
        self._stack.append(self._resolve(self._stack.pop()))
