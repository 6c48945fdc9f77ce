"""Fast clicks of several people: every view is true in itself, and the last one belongs to its person's last act."""

import hashlib
import itertools
import random
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcam_core.methods import METHODS
from gradcam_core.samples import available_samples
from tests.crowd.client import Visitor, visiting
from tests.crowd.screen import View
from tests.server import running_server
from tests.support import photograph

ACTS, PEOPLE, LONGEST_BURST = 500, 3, 12
PICTURE = photograph(320, 240)
MINE = f"upload-{hashlib.sha256(PICTURE).hexdigest()[:12]}"
IMAGES = ("meadow", "bay", MINE)
LAYERS = {"tinynet": ("blocks.5", "blocks.2"), "photos": ("features.12", "features.7")}  # the default ones first
METHOD_NAMES = ("gradcam", "layercam", "eigencam")
FEW = 2  # classes that are asked for now and then, whether they are in the list or not
MODELS = ("tinynet", "tinyvit", "photos")  # as the list has them
USUAL = {"image": "meadow", "model": "tinynet", "method": "gradcam"}  # what an address leaves out
OF_THE_QUESTION = (
    "imageAndModel",
    "address",
    "photo",
    "size",
    "window",
    "cells",
    "unit",
    "labels",
    "alt",
    "notes",
    "saw",
)


@dataclass
class Known:
    """What a calm person was shown: of each question, and of each class in it."""

    heads: dict[str, dict[str, Any]] = field(default_factory=dict)
    cards: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    maps: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)

    def learn(self, view: View) -> None:
        """Take this view for the truth."""
        question = view.head["question"]
        self.heads.setdefault(question, view.head)
        for index in view.head["mapped"]:
            self.cards[question, index] = view.card_of(index)
            self.maps[question, index] = view.map_of(index)

    def mistakes(self, view: View) -> list[str]:
        """What in this view does not belong together."""
        question = view.head["question"]
        if question not in self.heads:
            return [f"nobody asked this: {view.head['address']}"]
        truth = self.heads[question]
        wrong = [name for name in OF_THE_QUESTION if view.head[name] != truth[name]]
        wrong += [] if view.photo_is_its_own else ["the photo's bytes"]
        for index in view.head["mapped"]:
            card, values = self.cards.get((question, index)), self.maps.get((question, index))
            wrong += [] if card is None or _said(view.card_of(index)) == _said(card) else [f"words of class {index}"]
            wrong += [] if values is None or _is_close(view.map_of(index), values) else [f"map of class {index}"]
            wrong += [f"nobody asked class {index}"] if card is None else []
        return [f"{what} of {view.head['address']}" for what in wrong]


@dataclass(frozen=True)
class Wish:
    """What a person must see when everything has come.

    Attributes:
        layer: None after fast clicks on models: which of them the server saw decides whether a layer outlived its own.
        asked: a class, and the image and model of which it was asked.
    """

    image: str = "meadow"
    model: str = "tinynet"
    method: str = "gradcam"
    layer: str | None = "blocks.5"
    asked: tuple[list[str], int] | None = None

    def address(self) -> dict[str, str]:
        """The link to it."""
        told = {"image": self.image, "model": self.model, "method": self.method}
        link = {name: value for name, value in told.items() if value != USUAL[name]}
        return link if self.layer in (None, LAYERS[self.model][0]) else link | {"layer": str(self.layer)}

    def missed(self, view: View) -> list[str]:
        """What of it this view does not show."""
        head = view.head
        shown = {name: told for name, told in head["address"].items() if name != "layer" or self.layer}
        missed = [] if shown == self.address() else [f"{head['address']} is not {self.address()}"]
        if self.asked and self.asked[0] == head["imageAndModel"] and self.asked[1] not in head["mapped"]:
            missed.append(f"class {self.asked[1]} did not come")
        return missed


@dataclass
class Person:
    """Somebody who clicks fast; `did` is what, since everything had come."""

    visitor: Visitor
    wish: Wish = field(default_factory=Wish)
    did: list[str] = field(default_factory=list)

    def bring(self) -> None:
        """Drop the picture on the page."""
        self.did.append("bring")
        self.visitor.bring("mine.jpg", PICTURE)
        self.wish = replace(self.wish, image=MINE)

    def check(self, known: Known) -> None:
        """Wait, and look at everything that came."""
        self.visitor.settle()
        if self.wish.missed(self.visitor.view):  # a busy machine may begin the last run late; what is wrong stays wrong
            self.visitor.watch(3)
            self.visitor.settle()
        missed = self.wish.missed(self.visitor.view)
        if self.wish.asked and missed and missed[0].startswith("class"):  # our script asks again after some seconds
            self.visitor.ask_class(self.wish.asked[1])
            self.visitor.settle()
        screen, last = self.visitor.screen, self.visitor.view
        assert screen.problems == [], " ".join(self.did)
        assert [mistake for view in screen.views for mistake in known.mistakes(view)] == [], " ".join(self.did)
        assert self.wish.missed(last) == [], " ".join(self.did)
        del screen.views[:-1], self.did[:]
        self.wish = replace(self.wish, layer=last.head["address"].get("layer", LAYERS[self.wish.model][0]))

    def act(self, kind: str, rng: random.Random) -> None:
        """One click, and what it wishes for."""
        visitor = self.visitor
        if kind == "bring":
            return self.bring()
        self.did.append(kind)
        if kind == "sample":
            name = rng.choice(IMAGES[:-1])
            visitor.click_card("sample", [sample.slug for sample in available_samples()].index(name))
            self.wish = replace(self.wish, image=name)
            self.did[-1] += f" {name}"
        elif kind == "picture":
            visitor.click_card("tray", 0)
            self.wish = replace(self.wish, image=MINE)
        elif kind == "method":
            name = rng.choice(METHOD_NAMES)
            visitor.choose("method", list(METHODS).index(name))
            self.wish = replace(self.wish, method=name)
            self.did[-1] += f" {name}"
        elif kind == "layer":
            name = rng.choice(LAYERS[self.wish.model])
            names = [option.split(" ")[0] for option in visitor.screen.options("layer")]
            visitor.choose("layer", names.index(name))
            self.did[-1] += f" {name}"
            self.wish = replace(self.wish, layer=name)
        elif kind == "model":
            name = rng.choice(list(LAYERS))
            visitor.choose("model", MODELS.index(name))
            self.wish = replace(self.wish, model=name, layer=None)
            self.did[-1] += f" {name}"
        elif kind == "class":
            image_and_model, index = visitor.view.head["imageAndModel"], rng.randrange(FEW)
            visitor.ask_class(index)
            self.wish = replace(self.wish, asked=(image_and_model, index))
        else:
            self.wish = replace(rng.choice(WISHES), asked=self.wish.asked)
            visitor.go(self.wish.address())
        return None


WISHES = [
    Wish(image, model, method, layer)
    for image, model, method in itertools.product(IMAGES, LAYERS, METHOD_NAMES)
    for layer in LAYERS[model]
]
BURSTS = (  # what is clicked together: a list of layers is of the model on screen
    ("sample", "picture", "bring", "method", "layer", "class"),
    ("sample", "picture", "bring", "method", "model"),
    ("link",),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[str]:
    """A server of this file's own, with one model beside the embedded one."""
    folder = tmp_path_factory.mktemp("crowd")
    for name in ("photos.json", "photos.safetensors"):
        (folder / name).write_bytes((model_folder / name).read_bytes())
    with running_server(folder) as started:
        yield started


@pytest.fixture(scope="module")
def known(address: str) -> Known:
    """Everything that can be asked, asked by one person who waits for each answer."""
    found = Known()
    with visiting(address) as visitor:
        visitor.bring("mine.jpg", PICTURE)
        visitor.settle()
        for wish in WISHES:
            for index in range(FEW):
                visitor.go(wish.address() | {"class": str(index)})
                visitor.settle(is_calm=True)
                assert wish.missed(visitor.view) == []
                found.learn(visitor.view)
    assert len(found.heads) == len(WISHES)
    return found


@pytest.mark.slow
def test_five_hundred_acts_without_waiting_mix_nothing_up(address: str, known: Known) -> None:
    rng, acts = random.Random(0), 0
    with ExitStack() as stack:
        people = [Person(stack.enter_context(visiting(address))) for _ in range(PEOPLE)]
        for person in people:
            person.bring()
            person.check(known)
        while acts < ACTS:
            acts += burst(people, rng)
            for person in people:
                person.check(known)
            if rng.random() < 0.2:
                leave_in_the_middle(address, rng)


def burst(people: list[Person], rng: random.Random) -> int:
    """Everybody clicks several times, all mixed; how many clicks these were."""
    kinds = {id(person): rng.choice(BURSTS) for person in people}
    turns = [person for person in people for _ in range(rng.randint(1, LONGEST_BURST))]
    rng.shuffle(turns)
    for person in turns:
        with suppress(LookupError):  # a picker that is just being drawn elsewhere can't be clicked
            person.act(rng.choice(kinds[id(person)]), rng)
        if rng.random() < 0.3:
            person.visitor.watch(rng.uniform(0, 0.1))
    return len(turns)


def leave_in_the_middle(address: str, rng: random.Random) -> None:
    """Somebody comes, asks for something that nobody has asked yet, and is gone before the answer."""
    with visiting(address, {"model": "photos"}) as visitor:
        visitor.bring("other.jpg", photograph(640, 480, seed=rng.randrange(10**6)))
        visitor.choose("layer", 0)
        visitor.watch(rng.uniform(0, 0.1))


def _said(card: dict[str, Any]) -> dict[str, Any]:
    """What is the same of a class, whether it is listed and looked at or not."""
    return {name: value for name, value in card.items() if name not in {"listed", "isLookedAt", "remedies"}}


def _is_close(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max()))
