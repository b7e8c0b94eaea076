"""The results for people: the terminal, and markdown for docs/performance.md."""


def figure(value, unit):
    if value is None:
        return "—"
    number = f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    return f"{number} {unit}"


def rows(report):
    for entry in report["comparisons"]:
        ratio = "—" if entry["ratio"] is None else f"{entry['ratio']:.2f}"
        spread = f"{min(entry['ratios']):.2f} to {max(entry['ratios']):.2f}" if entry["ratios"] else "—"
        yield (entry["name"], entry["goal"], ratio, spread, figure(entry["ours_median"], entry["unit"]),
               figure(entry["theirs_median"], entry["unit"]), entry["verdict"])


HEAD = ("comparison", "goal", "ratio", "rounds", "ours", "theirs", "verdict")


def text(report):
    table = [HEAD, *rows(report)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    return "\n".join([*lines, *troubles(report)])


def troubles(report):
    return [*(f"  {entry['name']}: {trouble}" for entry in report["comparisons"] for trouble in entry["troubles"]),
            *(f"  growth: {trouble}" for trouble in report.get("growth_troubles", []))]


def markdown(report):
    yield f"{report['date']}, {report['cpu']}, {report['cores']} processors, Linux {report['kernel']}, commit {report['commit']}, " \
          f"{report['rounds']} rounds of {report['measure_s']} s; load average at the start {report['load_average']:.1f}."
    yield ""
    yield "| comparison | what | goal | ratio (rounds) | ours | theirs | |"
    yield "|---|---|---|---|---|---|---|"
    for entry, (name, goal, ratio, spread, ours, theirs, verdict) in zip(report["comparisons"], rows(report), strict=True):
        yield f"| `{name}` | {entry['title']} | {goal} | {ratio} ({spread}) | {ours} | {theirs} | {verdict} |"
    if report.get("growth"):
        yield ""
        yield from growth_markdown(report["growth"])
    told = troubles(report)
    if told:
        yield ""
        yield from (f"- {trouble.strip()}" for trouble in told)


def growth_markdown(growth):
    yield "| technique | subscribers | generator threads | server µs/delivery | generator µs/delivery | server B/further subscriber | generator B/further subscriber |"
    yield "|---|---|---|---|---|---|---|"
    for point in growth:
        cells = [form(point[key]) for key, form in (("threads", whole), ("server_cpu_us", hundredths), ("generator_cpu_us", hundredths),
                                                    ("server_bytes", whole), ("generator_bytes", whole))]
        yield f"| {point['technique']} | {point['subscribers']:,} | {' | '.join(cells)} |"


def whole(value):
    return "—" if value is None else f"{value:,.0f}"


def hundredths(value):
    return "—" if value is None else f"{value:.2f}"
