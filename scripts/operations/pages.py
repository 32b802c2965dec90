"""Runbooks read: in which order they stand, what their boxes are, and which blocks of commands they have."""
import dataclasses
import pathlib
import re

RUNBOOKS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "runbooks"
RUN = "sh"  # the language of blocks that are run; any other is for reading


@dataclasses.dataclass
class Block:
    page: str
    heading: str
    line: int
    language: str
    text: str


@dataclasses.dataclass
class Box:
    phase: str
    text: str
    check: str | None  # what checks it; None: a person does


def blocks(text, page=""):
    found, heading, open_block = [], "", None
    for number, line in enumerate(text.splitlines(), 1):
        fence = re.match(r"^(\s*)```(\S*)\s*$", line)
        if open_block is None:
            if title := re.match(r"^#+ (.*)$", line):
                heading = title[1]
            elif fence:
                open_block = Block(page, heading, number + 1, fence[2], "")
                indent = len(fence[1])
        elif fence:
            if fence[2]:
                raise ValueError(f"{page}:{number}: a block begins inside of another")
            found.append(open_block)
            open_block = None
        else:
            open_block.text += line[min(indent, len(line) - len(line.lstrip())):] + "\n"
    if open_block is not None:
        raise ValueError(f"{page}:{open_block.line}: a block that does not end")
    return found


def boxes(text):
    """`- [ ] words <!-- check: name -->` under the headings of phases."""
    found, phase = [], ""
    for line in text.splitlines():
        if title := re.match(r"^## (\w+)", line):
            phase = title[1].lower()
        elif box := re.match(r"^- \[ \] (.*?)(?:\s*<!-- check: ([a-z-]+) -->)?\s*$", line):
            found.append(Box(phase, box[1], box[2]))
    return found


def order(folder=RUNBOOKS):
    """The pages as the tables of the folder's README name them, itself first."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    names = ["README.md"]
    for name in re.findall(r"^\| \[[^\]]*\]\(([\w/-]+\.md)\)", text, re.M):
        if name not in names:
            names.append(name)
    return names
