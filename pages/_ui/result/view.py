"""What does the viewer get? One result as values and sentences: the head and the blobs of its message."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from gradcam_core.cam import Cam, Prediction
from gradcam_core.export.formats import FORMATS
from gradcam_core.methods import get_method
from gradcam_core.sentences import caption, number, percent, says, sentence, short_label
from pages._ui.result import remedies
from pages._ui.session import page_state
from pages._ui.session.chosen import explicit_class, image_and_model_of, usual_image_and_model
from pages._ui.session.pixels import pixels_of
from pages._ui.session.question import ImageInfo, Question
from pages._ui.session.results import ForwardResult, cam_for, forward_result, is_clear
from pages._ui.session.shared import shared
from pages._ui.text import sentences as words
from pages._ui.viewer.look import look_told
from pages._ui.viewer.payload import input_copy, maps, pack, photo, tables


def view_message(
    question: Question, more: tuple[int, ...] = (), reply: tuple[dict[str, Any], bytes] | None = None
) -> bytes:
    """The viewer's message.

    Args:
        more: classes beside the likeliest ones whose maps are to come along.
        reply: what `export.reply_to` gives, if a file was asked for.

    Raises:
        HeatproofError: if there is no answer to the question.
    """
    known = forward_result(question)
    cams = known.cams | {index: cam_for(question, index) for index in more}
    head, blobs = _head(question, known, cams, more), _blobs(question, known, cams)
    if reply:
        head["reply"], blobs["reply"] = reply
    return pack(head, blobs)


def digest(question: Question) -> str:
    """The question as a short text: two views of one digest answer the same."""
    return hashlib.sha256("\n".join(question.key).encode()).hexdigest()[:16]


def _head(question: Question, known: ForwardResult, cams: Mapping[int, Cam], more: tuple[int, ...]) -> dict[str, Any]:
    first, picture, method = next(iter(cams.values())), question.picture, get_method(question.method)
    file, size = photo_of(question.picture)
    geometry = first.geometry.scaled_to(size)
    image_and_model, name = image_and_model_of(question), picture.name
    return {
        "id": hashlib.sha256(repr((question.key, image_and_model, name, list(cams), more)).encode()).hexdigest()[:16],
        "question": digest(question),
        "imageAndModel": image_and_model,
        "usualImageAndModel": usual_image_and_model(),
        "chosen": explicit_class(question),
        "address": page_state.parameters(),
        "addressNames": page_state.names(),
        "photo": hashlib.sha256(file).hexdigest()[:16],
        "size": picture.size,
        "shown": size,
        "window": list(geometry.window),
        "seen": geometry.seen,
        "cells": first.shape,
        "shift": geometry.shift,
        "mapped": list(cams),
        "unit": known.unit,
        "noun": method.phrase.noun,
        "isOfClass": method.depends_on_class,
        "shared": known.strongest,
        "sharedMagnitude": max((cam.magnitude for cam in known.cams.values() if cam.tells_against), default=0.0),
        "isSigned": first.is_signed,
        "classes": _classes(question, known, cams, {known.top[0].class_index, *more}),
        "labels": question.model.labels,
        "registry": {"look": look_told(len(known.cams), method.phrase.noun), "formats": _formats()},
        "alt": f"The image {name}".strip(),
        "name": name,
        "notes": words.notes(first, question.model.layer(question.layer), picture.notes),
        "remedies": remedies.for_unseen(known.geometry),
        "how": words.how_to_read(first, method),
        "saw": _saw(question, known),
        "linkNote": "" if picture.is_linkable else words.NOT_IN_A_LINK,
    }


def _blobs(question: Question, known: ForwardResult, cams: Mapping[int, Cam]) -> dict[str, bytes]:
    return {
        "photo": photo_of(question.picture)[0],
        "input": input_copy(known.input_picture),
        "maps": maps([cam.values for cam in cams.values()]),
        "tables": tables(),
        "probabilities": known.probabilities.astype("<f4").tobytes(),
    }


def photo_of(picture: ImageInfo) -> tuple[bytes, tuple[int, int]]:
    """The displayed copy and its size."""
    made: tuple[bytes, tuple[int, int]] = shared().kept(
        ("photo", picture.sha256), lambda: photo(pixels_of(picture).pixels), lambda copy: len(copy[0])
    )
    return made


def _classes(
    question: Question, known: ForwardResult, cams: Mapping[int, Cam], looked_at: set[int]
) -> list[dict[str, Any]]:
    """The likeliest classes, which are listed, and others whose maps come along.

    Args:
        looked_at: those for which it is found out what helps where their map can't be used; it takes a forward pass.
    """
    listed = {one.class_index: one for one in known.top}
    others = {index: cam.prediction for index, cam in cams.items() if index not in listed}
    return [
        _card(prediction)
        | {"listed": index in listed}
        | (_words(question, known, cams[index], is_looked_at=index in looked_at) if index in cams else {})
        for index, prediction in (listed | others).items()
    ]


def _card(prediction: Prediction) -> dict[str, Any]:
    return {
        "index": prediction.class_index,
        "label": prediction.label,
        "probability": words.finite(prediction.probability),
        "percent": percent(prediction.probability),
        "logit": number(prediction.logit, 1),
    }


def _words(question: Question, known: ForwardResult, cam: Cam, *, is_looked_at: bool) -> dict[str, Any]:
    """What goes with a map: `opening` is its beginning, what the network says, and `short` the label in it."""
    return {
        "sentence": sentence(cam, among=known.top, strongest=known.strongest),
        "opening": says(cam, among=known.top),
        "short": short_label(cam.prediction.label),
        "caption": caption(cam, question.model.weights_sha256),
        "note": cam.note,
        "remedies": [
            *remedies.for_unusable(question, known, cam, tries_others=is_looked_at),
            *remedies.for_misleading(question, known, cam, tries_others=is_looked_at),
        ],
        "isLookedAt": is_looked_at,
        "needsHelp": not is_clear(cam),
        "maximum": words.finite(cam.maximum),
        "magnitude": words.finite(cam.magnitude) if cam.tells_against else 0,
    }


def _saw(question: Question, known: ForwardResult) -> dict[str, Any]:
    from gradcam_core.preprocessing import get_preprocessing

    height, width = known.input_picture.shape[:2]
    preprocessing = get_preprocessing(question.preprocessing)
    how = f"{preprocessing.title}. {preprocessing.sentence(question.model.input_spec)}"
    sentences = words.what_it_saw(question.model.spec.title, known.geometry, how)
    return {"size": [width, height], "alt": "The picture as the model saw it", "sentences": sentences}


def _formats() -> list[dict[str, str]]:
    """The files that the menu offers."""
    offered = (one for one in FORMATS.values() if one.is_offered)
    return [{"slug": one.slug, "title": one.title, "description": one.description} for one in offered]
