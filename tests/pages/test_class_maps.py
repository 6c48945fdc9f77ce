"""Which maps stand beside attention, what is said of each, and of which pass they are made."""

from dataclasses import replace

import numpy as np
import pytest

from gradcam_core.attention.facts import AttentionFacts
from gradcam_core.engine import Explainer
from gradcam_core.methods import METHODS
from gradcam_core.models import load_model
from gradcam_core.samples import load_sample
from pages._ui.attention.class_maps import shown_methods, title_of, why_not
from pages._ui.session.question import Question
from pages._ui.session.results import maps_by_method
from tests.pages.questions import question_about

FOLLOWED = ["rollout", "gradient-rollout", "chefer"]


@pytest.fixture(scope="module")
def question() -> Question:
    """Explained by a method that is not the usual one of its layer."""
    return replace(question_about("tinyvit"), method="layercam")


def slugs(question: Question) -> list[str]:
    return [method.slug for method in shown_methods(question)]


def test_attention_that_is_about_no_class_comes_first_and_then_the_own_method(question: Question) -> None:
    assert slugs(question) == ["rollout", "layercam", "gradient-rollout", "chefer", "legrad"]


def test_where_the_own_method_is_about_no_class_the_usual_one_stands_beside_it(question: Question) -> None:
    assert slugs(replace(question, method="rollout"))[:2] == ["rollout", "hirescam"]


def test_a_method_is_shown_once(question: Question) -> None:
    assert sorted(slugs(replace(question, method="chefer"))) == sorted([*FOLLOWED, "legrad"])


def test_what_does_not_fit_the_network_is_named_once_with_its_reason(question: Question) -> None:
    facts = AttentionFacts(not_followed="It attends in windows.")
    windowed = replace(question, model=replace(question.model, attention=facts))
    assert slugs(windowed) == ["layercam", "legrad"]
    (sentence,) = why_not(windowed)
    assert "It attends in windows." in sentence
    assert all(METHODS[slug].title in sentence for slug in FOLLOWED)


def test_a_title_says_whether_a_map_is_about_the_class() -> None:
    assert title_of(METHODS["rollout"], "cat") == "Attention rollout: not about a class"
    assert title_of(METHODS["chefer"], "cat") == "Chefer relevance: about cat"


def test_maps_are_those_of_the_core_and_a_method_that_has_none_says_why(question: Question) -> None:
    found = maps_by_method(question, 3, ["chefer", "rollout"])
    forward = Explainer(load_model("tinyvit"), question.layer).forward(load_sample("meadow"))
    for slug, one in found.items():
        assert one.cam is not None
        assert np.allclose(one.cam.values, forward.cam(3, slug).values, atol=1e-6)
        assert one.unit == METHODS[slug].unit
    (refused,) = maps_by_method(question_about("tinynet"), 3, ["chefer"]).values()
    assert refused.cam is None
    assert "Chefer" in refused.why
