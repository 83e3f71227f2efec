"""A Ray cluster of two nodes on this machine: the same table, also when one of them is killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sweeping import Watch, several, table

pytest.importorskip("ray", reason="the extra 'ray' is not installed")

from ray._common.utils import get_ray_address_file
from ray.cluster_utils import Cluster

from crosscurrent.knowledge import KnowledgeBase
from crosscurrent.validator.results.store import Store
from crosscurrent.validator.run.executors import Unreachable, _ray_cluster, _tasks, chosen
from crosscurrent.validator.run.executors._tasks import Versions
from crosscurrent.validator.run.executors.here import SerialExecutor
from crosscurrent.validator.trials.pooling import pooled

# one address of the loopback for all: Ray takes 127.0.0.1 for the machine's own one
NODE: dict[str, Any] = {
    "num_cpus": 1,
    "object_store_memory": 100 << 20,
    "node_ip_address": "127.0.0.2",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Start a head; each test that takes two nodes adds the other one."""
    # pytest's own folders are too deep for the names of sockets
    with tempfile.TemporaryDirectory(prefix="ray") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")  # or they wait for all that runs beside them
        # it writes its address there, and makes no such folder where none was
        Path(get_ray_address_file(None)).parent.mkdir(exist_ok=True)
        head = {**NODE, "include_dashboard": False, "temp_dir": folder}
        found = Cluster(initialize_head=True, head_node_args=head)
        yield found
        found.shutdown()


@pytest.fixture
def joining(cluster: Cluster) -> str:
    """Return what chooses this cluster."""
    return f"ray:{cluster.address}"


@pytest.fixture(scope="module")
def expected(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Return what one process gives."""
    return table(
        several(kb), Store(str(tmp_path_factory.mktemp("here") / "r.sqlite")), SerialExecutor()
    )


def test_killing_a_node_loses_no_finished_trial_and_the_table_is_the_same(
    kb: KnowledgeBase,
    cluster: Cluster,
    joining: str,
    expected: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crosscurrent.validator.run.executors._executor.SIDE_BY_SIDE", 2)
    nodes = [cluster.add_node(**NODE)]
    cluster.wait_for_nodes()
    came: Counter[Any] = Counter()
    keep = Store.keep_trials

    def kill() -> None:
        if nodes:
            cluster.remove_node(nodes.pop(), allow_graceful=False)

    def kept(self: Store, trials: dict[str, Any]) -> None:
        came.update(trials.keys())
        keep(self, trials)

    monkeypatch.setattr(Store, "keep_trials", kept)
    watch = Watch(finished=kill)
    found = table(several(kb), Store(str(tmp_path / "r.sqlite")), chosen(joining), watch)
    assert found == expected
    assert not nodes
    assert watch.kept == watch.ahead == len(came)
    assert set(came.values()) == {1}
    assert watch.done == watch.work


def test_what_was_interrupted_leaves_the_cluster_free_and_goes_on(
    kb: KnowledgeBase,
    joining: str,
    expected: list[Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("crosscurrent.validator.run.executors._executor.SIDE_BY_SIDE", 2)
    store, first, rest = Store(str(tmp_path / "r.sqlite")), Watch(finished=stop), Watch()
    with pytest.raises(KeyboardInterrupt):
        table(several(kb), store, chosen(joining), first)
    assert table(several(kb), store, chosen(joining), rest) == expected
    assert 0 < rest.ahead == first.ahead - first.kept


def test_a_machine_that_would_measure_something_else_is_named(
    kb: KnowledgeBase, joining: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_ray_cluster, "versions", lambda _: Versions("another", "2.0"))
    with pytest.raises(Unreachable, match=r"another version .* install the same crosscurrent"):
        table(several(kb), Store(str(tmp_path / "r.sqlite")), chosen(joining))


def test_what_no_machine_can_run_is_said_at_once(
    kb: KnowledgeBase, joining: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path / "r.sqlite"))
    with pytest.raises(Unreachable, match="no machine of the Ray cluster has 2 CPUs: ask for"):
        table(several(kb), store, chosen(joining), threads=2)
    monkeypatch.setattr(_ray_cluster, "_gpus", lambda _: 1)
    with pytest.raises(Unreachable, match="has 1 CPU and 1 GPU"):
        table(several(kb), store, chosen(joining))


@pytest.mark.parametrize("listening", [False, True])
def test_a_cluster_that_does_not_answer_is_said_in_time(listening: bool, tmp_path: Path) -> None:
    code = (
        "import sys; from crosscurrent.api.cli import main;"
        "from crosscurrent.validator.run.executors import _ray_cluster;"
        "_ray_cluster._JOINING = 1.0;"
        "sys.exit(main(['validate', 'placebo', 'R1', *sys.argv[1:]]))"
    )
    with socket.socket() as other:
        other.bind(("127.0.0.2", 0))
        if listening:
            other.listen()
        address = f"127.0.0.2:{other.getsockname()[1]}"
        words = ["--executor", f"ray:{address}", "--store", str(tmp_path / "r.sqlite")]
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 2, done.stderr
    said = "did not answer as a Ray cluster does" if listening else f"no Ray cluster at {address}"
    assert said in done.stderr
    assert "ray start --" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_travels_is_checked_where_it_arrives(kb: KnowledgeBase) -> None:
    (planned, _) = several(kb)
    task = _tasks.Task(planned.context, tuple(pooled(planned.trials())))
    parcel = _tasks.Parcel.of(task, 1)
    _tasks.require_same(parcel, _tasks.versions(task))
    with pytest.raises(_tasks.Unlike, match=r"instead of .*torch='0'"):
        _tasks.require_same(parcel, Versions(_tasks.versions(task).code, "0"))
