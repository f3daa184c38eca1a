from harness.figures import Figure, in_turns, ratios, table


def test_cases_take_turns_and_all_rounds_are_kept():
    asked = []

    def measure(name):
        return lambda: asked.append(name) or {"us": float(len(asked))}

    figures = in_turns({"one": measure("one"), "other": measure("other")}, 3)
    assert asked == ["one", "other"] * 3
    assert figures == [Figure("one", "us", (1.0, 3.0, 5.0)), Figure("other", "us", (2.0, 4.0, 6.0))]


def test_a_table_tells_the_median_and_the_spread():
    rows = table([Figure("one", "us", (9.0, 1.0, 5.0)), Figure("other", "a second", (12_345.0,))]).splitlines()
    assert [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if "-|" not in row] == [
        ["", "us", "a second"],
        ["one", "5.00 (1.00-9.00)", ""],
        ["other", "", "12,345"],
    ]


def test_a_ratio_is_taken_round_by_round():
    figures = [
        Figure("ours", "us", (2.0, 3.0)),
        Figure("theirs", "us", (4.0, 12.0)),
        Figure("theirs", "ms", (1.0, 1.0)),
    ]
    assert ratios(figures, "ours", "us") == [Figure("theirs", "us, ratio", (0.5, 0.25))]
