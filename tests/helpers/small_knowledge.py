"""The papers as files, and a small sound base with every kind of record, cut out of them."""

from __future__ import annotations

import re

from crosscurrent.knowledge._files import PAPERS, Source, read_folder

__all__ = ["BUILT_IN", "SMALL"]


def text_of_base() -> list[Source]:
    sources, problems = read_folder(PAPERS, "papers")
    assert not problems
    return sources


BUILT_IN = text_of_base()


def cut_down() -> list[Source]:
    """Cut a small base with every kind of record out of the built-in one; the text stays as is."""
    kept: dict[str, str] = {}
    blocks: dict[str, list[str]] = {}
    for source in BUILT_IN:
        name = source.name.rpartition("/")[2]
        head, *blocks[name] = re.split(r"(?m)^(?=  - )", source.data.decode())
        kept[name] = head

    def some(name: str, *wanted: str) -> str:
        chosen = [b for b in blocks[name] if any(re.search(rf"\b{w}\b", b[:90]) for w in wanted)]
        assert len(chosen) >= len(wanted), (name, wanted)
        return kept[name] + "".join(chosen)

    files = {
        "adversary.yaml": some("adversary.yaml", "role", "defense_knowledge"),
        "factors.yaml": some("factors.yaml", "D3", "D4", "O2\\.2", "M1"),
        "risks.yaml": some("risks.yaml", "P4", "P2", "F", "R3", "R1"),
        "defenses.yaml": some("defenses.yaml", "FD1", "RD1", "RD4"),
        "observations.yaml": some(
            "observations.yaml",
            "sok2024\\.group_fairness\\.data_reconstruction",
            "sok2024\\.fingerprinting\\.distribution_inference",
        ),
        "experiments.yaml": some(
            "experiments.yaml", "sok2024\\.experiment\\.group_fairness\\.data_reconstruction"
        ),
    }
    experiment = files["experiments.yaml"].splitlines(keepends=True)
    measured = [n for n, line in enumerate(experiment) if "{arm:" in line]
    files["experiments.yaml"] = "".join(
        line for n, line in enumerate(experiment) if n not in measured[4:]
    )
    files["correlations.yaml"] = kept["correlations.yaml"] + "".join(
        block
        for block in blocks["correlations.yaml"]
        if re.search(
            r"subject: (adversarial_training|group_fairness|distribution_inference)", block
        )
        and re.search(r"factor: (attribute_count|stable_attribute_priority|model_capacity)", block)
    )
    files["extra.yaml"] = (
        "observations:\n"
        "  - id: extra.fingerprinting.unauthorized_model_ownership\n"
        "    defense: RD4\n    risk: R3\n    effect: decrease\n    kind: empirical\n"
        "    when: {role: malicious_accuser}\n"
        "    evidence:\n      - {factor: M1, kinds: [empirical], printed: 'M 1', note: so}\n"
        "    exceptions:\n"
        "      - effect: increase\n        when: {defense_knowledge: aware}\n"
        '        sources: [duddu2024sok#talk-slide-5]\n        note: "said, \\u00e9 only"\n'
        "    sources: [duddu2024sok]\n    note: >-\n      folded\n      text\n"
        "  - id: extra.fingerprinting.unauthorized_model_ownership.pre\n"
        "    defense: RD4\n    stage: pre\n    risk: R3\n    effect: mixed\n    kind: empirical\n"
        "    basis: known\n    setting: made up\n    data: [Adult]\n"
        "    size: {metric: accuracy, before: 0.5, after: 1}\n"
        "    when: {budget: loose, role: malicious_accuser}\n    sources: [duddu2024sok]\n"
        "conditions:\n"
        "  - {id: budget, name: Budget, ordered: true, values: [loose, strict], meaning: so,\n"
        "     sources: [duddu2024sok], stated_in: [duddu2024sok#table-2], note: so}\n"
        "references:\n"
        "  - {id: extra2026, status: unresolved, topic: 'made up', candidates: [duddu2024sok]}\n"
        "correlations:\n"
        "  - {subject: RD1, stage: pre, factor: M1, sign: '0', basis: inferred,\n"
        "     when: {budget: strict}, sources: [duddu2024sok]}\n"
        "  - {action: revise, subject: RD1, factor: M1, note: |\n      kept\n    }\n"
    ).replace("note: |\n      kept\n    }", "note: kept}")
    files["joint.yaml"] = (
        "procedures:\n"
        "  - id: extra_clipping\n    meaning: clips\n    sources: [duddu2024sok]\n"
        "    excludes:\n      - {procedure: extra_penalty, reason: no gradient, basis: known,\n"
        "         remedy: another stage, sources: [duddu2024sok], note: so}\n"
        "  - {id: extra_penalty, meaning: 'adds a term', note: made up}\n"
        "variants:\n"
        "  - defense: FD1\n    stage: in\n    meaning: 'a penalty'\n"
        "    procedures: [extra_penalty, extra_clipping]\n"
        "    uses:\n      - {risk: R1, basis: inferred, note: made up}\n"
        "    stated_in: [duddu2024sok#table-2]\n"
        "  - {defense: RD4, stage: post, meaning: a test, mitigates: [{risk: R1, basis: read}],\n"
        "     metric: accuracy, better_when: higher, note: so}\n"
        "attacks:\n"
        "  - id: distribution_inference\n    code: DistInf\n    name: Distribution inference\n"
        "    risk: P4\n    time: test\n    meaning: tells a property\n    needs:\n"
        "      - {characteristic: role, value: malicious_suspect, more_helps: true}\n"
        "  - {id: theft, code: ModExt, name: Theft, risk: R3, time: test, meaning: copies}\n"
        "outcomes:\n"
        "  - {attack: DistInf, factor: D3, sign: '+', sources: [duddu2024sok]}\n"
        "prerequisites:\n"
        "  - {attack: ModExt, factor: D3, sign: '-', sources: [duddu2024sok], note: so}\n"
        "combinations:\n"
        "  - id: extra.pair\n    code: C1\n    defenses: [group_fairness@in, fingerprinting@post]\n"
        "    outcome: conflict\n    tuned_outcome: effective\n    works_if: it is tuned\n"
        "    cost: time\n    status: explored\n    basis: read\n    setting: made up\n"
        "    when: {budget: strict}\n    sources: [duddu2024sok]\n"
        "collusions:\n"
        "  - {id: extra.theft, first: DistInf, second: ModExt, effect: hinders, status: prior,\n"
        "     factors: [D3], when: {budget: loose}, basis: inferred, setting: made up,\n"
        "     sources: [duddu2024sok]}\n"
        "published_attacks:\n"
        "  - {id: extra.attack.1, attack: ModExt, title: 'A theft', year: 2024, venue: none,\n"
        "     setting: [x], adversary: [Client], capability: any, optimization: any,\n"
        "     model_knowledge: [blackbox.full], interaction: [no], data_knowledge: [some]}\n"
    ).replace("interaction: [no]", "interaction: [k_shot]")
    files["names.yaml"] = (
        "factors:\n"
        "  - {id: model_capacity, action: revise, aliases: [capacity, model size]}\n"
        "attacks:\n"
        "  - {id: theft, action: revise, aliases: [stealing]}\n"
        "defenses:\n"
        "  - {id: adversarial_training, action: revise, aliases: [robust training, 'at'],\n"
        "     when: {budget: loose}}\n"
        "risks:\n"
        "  - id: evasion\n    action: revise\n    aliases: [adversarial examples, robustness]\n"
        "variants:\n"
        "  - {defense: fingerprinting, stage: post, action: revise, aliases: [ipguard]}\n"
        "catalogues:\n"
        "  - {id: mitre_atlas, name: ATLAS, edition: '5.6', publisher: MITRE, note: so,\n"
        "     url: 'https://atlas.mitre.org', namespace: 'https://atlas.mitre.org/techniques/'}\n"
        "mappings:\n"
        "  - id: evasion.atlas.aml_t0015\n    subject: evasion\n    catalogue: mitre_atlas\n"
        "    predicate: exact\n    object: AML.T0015\n    label: Evade AI Model\n"
        "  - {id: fingerprinting.atlas.none, subject: fingerprinting, catalogue: mitre_atlas,\n"
        "     stage: post, predicate: none, sources: [duddu2024sok], note: so}\n"
        "standards:\n"
        "  - {id: asvs, name: ASVS, edition: '1', publisher: OWASP, url: 'https://owasp.org',\n"
        "     license: free, binding: standard, levels: ['1', '2'], catalogue: mitre_atlas,\n"
        "     aliases: [verification standard], note: so}\n"
        "requirements:\n"
        "  - id: asvs.1\n    standard: asvs\n    number: '1.1'\n    level: '2'\n"
        "    summary: has a mark\n    asks: defenses\n    defenses:\n"
        "      - {any_of: [fingerprinting], instead: [group_fairness@in]}\n"
        "    risks: [R3]\n    basis: inferred\n    interpretation: so\n"
        "    sources: [duddu2024sok]\n    note: so\n"
        "  - {id: asvs.2, standard: asvs, number: '1.2', level: '1', summary: keeps files,\n"
        "     asks: nothing, why: it is about files, basis: read}\n"
    )
    mentioned = set(
        re.findall(r"[a-z]+[0-9]{4}[a-z]+|unresolved_[a-z0-9]+", "".join(files.values()))
    )
    files["references.yaml"] = kept["references.yaml"] + "".join(
        re.sub(r" +cited_as: .*\n", "", block)
        for block in blocks["references.yaml"]
        if block.split()[2] in mentioned
    )
    return [Source(f"small/{name}", text.encode()) for name, text in sorted(files.items())]


SMALL = cut_down()
