from deepdep.domain.notes import Count, Note, Notes, Size, UnitChange, UnitGuess, counted


def test_things_are_counted_in_words():
    assert (counted(1, "gene"), counted(2000, "gene")) == ("1 gene", "2,000 genes")


def test_decisions_are_sentences():
    assert str(Size(3, 1, "beta")) == "3 samples x 1 feature, beta"
    assert str(Size(1, 2, "class", "cell line", "gene")) == "1 cell line x 2 genes, class"
    assert str(UnitChange("linear ratios", "log2")) == "linear ratios turned to log2"
    assert str(UnitGuess("expression", "log2(TPM+1)", ("log2(norm_count+1)",))) == (
        "taken for log2(TPM+1), which its values do not tell; is it? "
        "Else say --unit 'expression=log2(norm_count+1)'"
    )
    assert str(Count(5, "gene set")) == "5 gene sets"
    names = tuple("abcd")
    assert str(Count(4, "gene", "left out", names)) == "4 genes left out: 'a', 'b', 'c' and 1 more"
    assert str(Count(4, "gene", "left out", names, n_shown=4)).endswith("'c', 'd'")


def test_nothing_counted_is_no_note():
    notes = Notes()
    notes.count(0, "gene", "left out")
    assert notes.lines() == ()


def test_subjects_nest_and_a_part_keeps_its_place():
    notes = Notes()
    notes.add("begun")
    file = notes.about("a.csv")
    first = file.place()
    notes.about("b.csv", "expression").add("read")
    file.add("read")
    first.add("one of two")
    file.add_first(Size(2, 2, "beta"))
    assert notes.lines() == (
        "begun",
        "a.csv: 2 samples x 2 features, beta",
        "a.csv: one of two",
        "a.csv: read",
        "b.csv: expression: read",
    )
    assert [note.subject for note in notes][-1] == ("b.csv", "expression")


def test_a_subject_that_goes_without_saying_is_left_out():
    note = Note(("a.csv", "expression"), "read")
    assert str(note.without("a.csv")) == "expression: read"
    assert note.without("expression") == note
    notes = Notes("folder")
    notes.extend([note])
    assert notes.lines() == ("folder: a.csv: expression: read",)
