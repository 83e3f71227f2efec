"""Models: ours at growing capacities, a user's own by import path, and what is refused and why."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from contexts import CPU, close, random_pool, states
from torch.nn.functional import cross_entropy

from crosscurrent.knowledge.errors import InputError, UnknownName
from crosscurrent.validator.training.architectures import fitting
from crosscurrent.validator.training.batches import shuffled
from crosscurrent.validator.training.checks import check_model
from crosscurrent.validator.training.ensembles import Ensemble
from crosscurrent.validator.training.models import CAPACITIES, architecture
from crosscurrent.validator.training.spec import Privacy, Schedule, TrainingHooks, TrainingRun
from crosscurrent.validator.training.trainer import train

SHAPE, CLASSES = (6,), 3
OWN = '''
import random
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.first, self.second = nn.Linear(shape[0], 8), nn.Linear(8, classes)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class InPlace(Net):
    def forward(self, x):
        hidden = self.first(x)
        hidden.mul_(3)
        out = self.second(torch.relu_(hidden))
        out.add_(1)
        out[:, 0] = out[:, 0] * 2
        return out


class Scaled(Net):
    """With a buffer, and a tied parameter."""
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.register_buffer("scale", torch.full((8,), 0.5))
        self.again = self.second

    def forward(self, x):
        hidden = torch.relu(self.first(x)) * self.scale
        return self.second(hidden) + self.again(hidden)


class Frozen(Net):
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.first.requires_grad_(False)


class Undecided(Net):
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.first.weight.data += random.random()


class Undefined(Net):
    def forward(self, x):
        return super().forward(x) * float("nan")


class Leaving(Net):
    def forward(self, x):
        raise SystemExit(3)


class Large(Net):
    def forward(self, x):
        if len(x) > 10:
            raise RuntimeError("out of\\nluck")
        return super().forward(x)


class Idle(Net):
    """Dropout that drops nothing draws nothing."""
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.rest = nn.Dropout(0.0)

    def forward(self, x):
        return self.rest(super().forward(x))


class Branching(Net):
    def forward(self, x):
        return super().forward(x) if x.sum() > 0 else super().forward(-x)


class FunctionalDropout(Net):
    def forward(self, x):
        return self.second(F.dropout(self.first(x), training=True))


class Counting(Net):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return super().forward(x)


class Warming(Net):
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.seen = []

    def forward(self, x):
        self.seen.append(1)
        return super().forward(x) * min(len(self.seen), 3)


class Centred(Net):
    def forward(self, x):
        hidden = self.first(x)
        return self.second(hidden - hidden.mean(0))


class Flat(Net):
    def forward(self, x):
        return super().forward(x).sum()


class Texts(Net):
    def forward(self, x):
        return "likely"


class Nameless(Net):
    def forward(self, x):
        return {"a": super().forward(x), "b": x}


class Scattered(Net):
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.scale = float(torch.rand(()))

    def forward(self, x):
        return super().forward(x) * self.scale


class Listed(Net):
    def __init__(self, shape, classes):
        super().__init__(shape, classes)
        self.layers = {"first": [nn.Linear(shape[0], 8)]}

    def forward(self, x):
        return self.second(torch.relu(self.layers["first"][0](x)))


class Sure(Net):
    def forward(self, x):
        return super().forward(x).softmax(-1)


class Half(Net):
    def forward(self, x):
        return self.second(self.first(x).bfloat16())


class Greedy(Net):
    def __init__(self, shape):
        super().__init__(shape, 2)


def late(shape, classes):
    return nn.LazyLinear(classes)


def raising(shape, classes):
    raise RuntimeError("no weights today\\nsee the manual")


number = 7
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a module of a user's own, on the import path; it is forgotten afterwards."""
    file = tmp_path / "a_users_models.py"
    file.write_text(OWN, encoding="utf-8")
    (tmp_path / "a_users_broken.py").write_text("import no_such_module\n", encoding="utf-8")
    (tmp_path / "a_users_leaving.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("a_users_models", "a_users_broken", "a_users_front", "a_users_helper"):
        monkeypatch.setitem(sys.modules, name, sys)  # so that its absence comes back
        monkeypatch.delitem(sys.modules, name)
    return file


@pytest.mark.parametrize("family", CAPACITIES)
def test_capacities_have_more_and_more_parameters(family: str) -> None:
    counts = [
        architecture(f"{family}-{size}", (1, 6, 6), 4).parameters for size in CAPACITIES[family]
    ]
    assert list(CAPACITIES[family]) == ["s", "m", "l", "xl"]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize(
    ("name", "shape"), [("mlp-m", (5,)), ("mlp-s", (3, 4, 7)), ("cnn-s", (3, 4, 7))]
)
def test_every_shape_of_record_gets_one_logit_for_each_class(
    name: str, shape: tuple[int, ...]
) -> None:
    found = architecture(name, shape, CLASSES)
    assert found.build(0)(torch.zeros((2, *shape))).shape == (2, CLASSES)
    models = Ensemble.fresh(found, [0, 1], CPU)
    shared, own = torch.rand((4, *shape)), torch.rand((2, 4, *shape))
    assert models.logits(shared).shape == models.logits(own).shape == (2, 4, CLASSES)
    assert torch.allclose(models.logits(own)[1], models.only([1]).logits(own[1])[0], atol=1e-6)


@pytest.mark.parametrize("shape", [(6,), (1, 4, 4), (3, 5, 7)])
def test_all_of_ours_pass_the_trial_that_a_users_own_model_has_to_pass(
    shape: tuple[int, ...],
) -> None:
    for found in fitting(shape, CLASSES, ["s", "m", "l", "xl"]):
        check_model(found, batch=3)


def test_a_family_alone_means_its_middle_capacity() -> None:
    assert architecture("mlp", SHAPE, 2).parameters == architecture("mlp-m", SHAPE, 2).parameters


def test_a_seed_decides_the_initialisation_and_nothing_global_does() -> None:
    found = architecture("mlp-s", SHAPE, CLASSES)
    before = torch.get_rng_state()
    one, again, other = (found.build(seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[k], again[k]) for k in one)
    assert not any(torch.equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize(("name", "close_to"), [("mlp-xs", "mlp-s"), ("cnm-m", "cnn-m")])
def test_an_unknown_name_is_refused_with_what_it_is_close_to(name: str, close_to: str) -> None:
    with pytest.raises(UnknownName, match=close_to):
        architecture(name, SHAPE, 2)


@pytest.mark.parametrize("shape", [(30,), (1, 3, 8), (1, 8, 2)])
def test_a_convolutional_net_needs_images_and_the_message_says_what_to_use(
    shape: tuple[int, ...],
) -> None:
    with pytest.raises(InputError, match=r"needs images of 4 × 4.*use mlp-m"):
        architecture("cnn-s", shape, 2)


@pytest.mark.parametrize("name", ["Net", "InPlace", "Scaled"])
def test_an_own_model_is_trained_as_an_ordinary_loop_of_pytorch_would(own: Path, name: str) -> None:
    """In-place operations, buffers and tied parameters are as good as any."""
    found = architecture(f"a_users_models:{name}", SHAPE, CLASSES)
    pool = random_pool(30, SHAPE, CLASSES)
    schedule = Schedule(30, 2, 8)
    member = TrainingRun(1, torch.arange(30))
    (got,) = states(train(found, pool, [member], schedule).models)
    model = found.build(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=schedule.learning_rate)
    plan = shuffled([member], schedule, CPU)
    for update in range(schedule.updates):
        index = plan.batch(update)[0][0]
        optimizer.zero_grad()
        cross_entropy(model(pool.x[index]), pool.y[index]).backward()
        optimizer.step()
    assert close(got, {k: v.detach() for k, v in model.named_parameters()}, 2e-4)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8", "9"),
        ("torch.relu(self.first(x)))", "torch.tanh(self.first(x)))"),
        ("super().__init__()", "super().__init__(); torch.rand(1)"),
        ("super().__init__()\n", "super().__init__()\n        self.c = 2.0\n"),
    ],
)
def test_a_change_of_what_an_own_model_does_is_noticed_wherever_it_is_made(
    own: Path, old: str, new: str
) -> None:
    """The class named is in another file than what changes."""
    helper, named = own.parent / "a_users_helper.py", own.parent / "a_users_front.py"
    named.write_text("from a_users_helper import Net\n", encoding="utf-8")

    def code(text: str) -> str:
        helper.write_text(text, encoding="utf-8")
        for name in ("a_users_helper", "a_users_front"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return architecture("a_users_front:Net", SHAPE, CLASSES).code

    assert old in OWN
    before = code(OWN)
    assert code(f"# only a comment\n{OWN}") == before
    changes_nothing = "self.c" in new
    assert (code(OWN.replace(old, new)) == before) is changes_nothing
    assert architecture("mlp-s", SHAPE, CLASSES).code == ""


def test_an_own_model_is_tried_out_on_a_batch_of_the_size_that_it_is_trained_on(own: Path) -> None:
    architecture("a_users_models:Large", SHAPE, CLASSES, batch=10)
    with pytest.raises(InputError, match=r"a_users_models:Large: .* RuntimeError: out of$"):
        architecture("a_users_models:Large", SHAPE, CLASSES, batch=11)


def test_an_own_model_that_fails_later_is_named_with_the_reason(own: Path) -> None:
    found = architecture("a_users_models:Large", SHAPE, CLASSES, batch=10)
    models = Ensemble.fresh(found, [1, 2], CPU)
    with pytest.raises(InputError, match=r"a_users_models:Large: its forward pass failed: Runtime"):
        models.logits(torch.zeros((11, *SHAPE)))


def test_layers_that_would_draw_but_do_not_are_welcome(own: Path) -> None:
    architecture("a_users_models:Idle", SHAPE, CLASSES)


def test_what_its_author_has_frozen_stays_as_it_is(own: Path) -> None:
    found = architecture("a_users_models:Frozen", SHAPE, CLASSES)
    assert found.parameters == 8 * CLASSES + CLASSES
    pool = random_pool(60, SHAPE, CLASSES)
    start = found.build(4).state_dict()
    for method in (TrainingHooks(), TrainingHooks(privacy=Privacy(1.0, 1.0))):
        member = TrainingRun(4, torch.arange(40), method)
        models = train(found, pool, [member], Schedule(40, epochs=2)).models
        assert set(models.parameters) == {"second.weight", "second.bias"}
        assert torch.equal(models.buffers["first.weight"][0], start["first.weight"])
        assert not torch.equal(models.parameters["second.weight"][0], start["second.weight"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a_users_models:FunctionalDropout", "draws random numbers in evaluation"),
        ("a_users_models:Counting", r"depends on what was run before \(it\.calls changes\)"),
        ("a_users_models:Warming", "depends on what was run before, or"),
        ("a_users_models:Undecided", r"first\.weight starts differently each time"),
        ("a_users_models:Undefined", "not finite"),
        ("a_users_models:Leaving", "its forward pass failed: SystemExit: 3"),
        ("a_users_leaving:Net", "cannot import it: SystemExit: 7"),
        ("a_users_models:Branching", "mixes the records of a batch in evaluation, too"),
        ("a_users_models:Scattered", r"it\.scale differs from model to model"),
        ("a_users_models:Listed", r"it\.layers holds layers in a plain container"),
        ("a_users_models:Sure", "gives probabilities, expected logits: leave the softmax"),
        ("a_users_models:Half", "its forward pass failed: RuntimeError"),
        ("a_users_models:Flat", r"gives \(\) for 3 records, expected \(3, 3\)"),
        ("a_users_models:Texts", r"returns str, expected logits \(3, 3\)"),
        ("a_users_models:Nameless", r"returns fields \(a, b\), and none is named logits"),
        ("a_users_models:Greedy", r"cannot be built with shape \(6,\) and 3 classes: TypeError"),
        ("a_users_models:late", r"has lazy layers.*nn\.Linear instead"),
        ("a_users_models:raising", "cannot be built.*RuntimeError: no weights today$"),
        ("a_users_models:number", "number should be a torch.nn.Module class or a function"),
        ("a_users_models:Absent", "cannot import it: AttributeError.*Absent"),
        ("a_users_models:", "cannot import it"),
        ("a_users_broken:Net", "cannot import it: ModuleNotFoundError.*no_such_module"),
        ("no_such_module:Net", "cannot import it: ModuleNotFoundError"),
        (":Net", "cannot import it"),
    ],
)
def test_an_own_model_that_cannot_be_used_is_refused_with_the_reason(
    own: Path, name: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        architecture(name, SHAPE, CLASSES)
    assert str(refused.value).startswith(f"model {name}: ")
    assert "\n" not in str(refused.value)


def test_a_model_whose_answers_mix_the_records_that_are_asked_about_is_refused(own: Path) -> None:
    with pytest.raises(InputError, match=r"mixes the records.*use GroupNorm"):
        architecture("a_users_models:Centred", SHAPE, CLASSES)


def test_an_own_model_is_found_in_the_folder_where_the_command_is_run(tmp_path: Path) -> None:
    """As uvicorn and pytest find things; a console script has another folder on its path."""
    (tmp_path / "a_users_net.py").write_text(
        "from torch import nn\n\n\n"
        "def Net(shape, classes):\n    return nn.Linear(shape[0], classes)\n",
        encoding="utf-8",
    )
    code = (
        "import sys\n"
        "assert '' not in sys.path\n"
        "from crosscurrent.validator.training.models import architecture\n"
        "print(architecture('a_users_net:Net', (4,), 2).parameters)"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.stdout.strip(), found.stderr) == ("10", "")
