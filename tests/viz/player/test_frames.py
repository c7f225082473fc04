"""What the player gets is what the trace holds."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from core.trace import CanvasTrace, Step
from tests.viz.traces import draw_trace, f32, passes_trace, raster_trace, walk_trace
from viz.player import frames, payload
from viz.player.payload import NEVER

HALF_A_MEGABYTE = 500_000


def raw(text, dtype):
    """Decode as the browser does: bytes, then numbers, nothing else."""
    return np.frombuffer(base64.b64decode(text), dtype)


def at(value, t, cell):
    """A value of the note, read by the rule of the contract: an axis of 1 holds for all."""
    steps, cells = value["shape"]
    numbers = raw(value["data"], "<f4") if "data" in value else raw(value["index"], np.uint8)
    return numbers[(t if steps > 1 else 0) * cells + (cell if cells > 1 else 0)]


def sized(player):
    """Assert that every array has the length that its header promises; the number of bytes as JSON."""
    steps, cells = player["steps"], player["cells"]
    for panel in player["panels"]:
        assert panel["cells"] in (1, cells) and panel["frames"] in (1, steps)
        area = panel["height"] * panel["width"]
        numbers = panel["frames"] * panel["cells"] * area * panel["channels"]
        assert len(raw(panel["data"], np.uint8)) == (-(-numbers // 8) if panel.get("packed") else numbers)
        if "reveal" in panel:
            assert len(raw(panel["reveal"], "<u2")) == panel["cells"] * area
    for track in player["marks"]:
        assert track["shape"][0] in (1, steps) and track["shape"][1] in (1, cells) and track["shape"][2] == 5
        assert len(raw(track["data"], "<f4")) == np.prod(track["shape"])
    if player["cost"]:
        assert len(raw(player["cost"]["data"], "<f4")) == player["cost"]["bars"] * cells
    for value in player["note"]["values"].values() if player["note"] else ():
        assert value["shape"][0] in (1, steps) and value["shape"][1] in (1, cells)
        assert len(raw(*((value["data"], "<f4") if "data" in value else (value["index"], np.uint8)))) == np.prod(
            value["shape"]
        )
    for patch in player["note"]["patches"] if player["note"] else ():
        shape = steps, cells, patch["height"], patch["width"], patch["channels"]
        assert len(raw(patch["data"], np.uint8)) == np.prod(shape)
    return len(json.dumps(player))


def asked(note):
    """The names that the templates of a note want filled."""
    texts = [note["title"], note["html"], *(item for row in note["rows"] for item in row)]
    return set(re.findall(r"\[\[(\w+)\]\]", " ".join(texts)))


ALL = {
    "copy": lambda: frames.draw_payload(draw_trace()),
    "dream": lambda: frames.draw_payload(draw_trace(cells=4, subject=False)),
    "whole canvas": lambda: frames.draw_payload(draw_trace(windows=False)),
    "pixels": lambda: frames.raster_payload(raster_trace()),
    "completions": lambda: frames.raster_payload(raster_trace(4, known_rows=10), heat=True),
    "passes": lambda: frames.passes_payload(passes_trace()),
    "walk": lambda: frames.walk_payload(walk_trace(), "A walk", "vae"),
    "still": lambda: frames.still_payload(walk_trace(cells=5).frame(0), "Pictures", "plain"),
    "colours": lambda: frames.walk_payload(walk_trace(channels=3), "A walk", "vae"),
}


@pytest.fixture(params=ALL)
def player(request):
    return ALL[request.param]()


def test_every_array_has_the_length_that_its_header_promises(player):
    sized(player)


def test_every_name_in_a_note_has_a_value_and_every_value_is_asked_for(player):
    if player["note"] is None:
        return
    given = set(player["note"]["values"])
    bar = {player["note"]["bar"]["value"]} if "bar" in player["note"] else set()
    always = {"step", "steps", "cell", "cells"}
    assert asked(player["note"]) - always <= given
    assert given <= asked(player["note"]) | bar


def test_every_payload_has_an_id_of_its_own_unless_it_is_given():
    images = walk_trace().frame(0)
    first, second = (frames.still_payload(images, "", "plain") for _ in range(2))
    assert first["id"] != second["id"]
    assert frames.still_payload(images, "", "plain", nonce="x")["id"] == "x"


@pytest.mark.parametrize("channels", [1, 3])
def test_the_decoded_bytes_are_the_rounded_pictures_of_the_trace(channels):
    trace = walk_trace(channels=channels)
    panel = frames.walk_payload(trace, "A walk", "vae")["panels"][0]
    data = raw(panel["data"], np.uint8).reshape(5, 3, 8, 8, channels)
    for t in range(5):
        expected = np.floor(trace.frame(t).astype(float) * 255 + 0.5).transpose(0, 2, 3, 1)
        np.testing.assert_array_equal(data[t], expected)


def test_what_lies_outside_of_0_to_1_is_clipped():
    images = f32([-0.5, 0, 0.5, 1, 1.5, 0.2]).reshape(1, 1, 2, 3)
    data = raw(frames.still_payload(images, "", "plain")["panels"][0]["data"], np.uint8)
    assert data.tolist() == [0, 0, 128, 255, 255, 51]


def test_a_binary_film_travels_as_bits_first_pixel_in_the_highest():
    trace = passes_trace(cells=1, side=6)
    panel = frames.passes_payload(trace)["panels"][0]
    assert panel["packed"] is True
    bits = "".join(f"{byte:08b}" for byte in raw(panel["data"], np.uint8))
    pictures = np.stack([trace.frame(t) for t in range(len(trace))])
    assert [int(bit) for bit in bits[: pictures.size]] == pictures.ravel().astype(int).tolist()
    np.testing.assert_array_equal(payload.panel_data(panel).ravel(), 255 * pictures.ravel())


def test_a_copy_shows_the_still_subject_beside_the_moving_canvas():
    trace = draw_trace()
    looks, draws = (player := frames.draw_payload(trace))["panels"]
    assert (looks["room"], looks["frames"], draws["room"], draws["frames"]) == ("read", 1, "write", 6)
    np.testing.assert_array_equal(raw(looks["data"], np.uint8), 255 * trace.subject.ravel())
    assert [(track["kind"], track["panel"]) for track in player["marks"]] == [("read", 0), ("write", 1)]


def test_a_dream_shows_one_grid_with_write_windows_only():
    player = frames.draw_payload(draw_trace(cells=4, subject=False))
    assert [(panel["cells"], panel["room"]) for panel in player["panels"]] == [(4, "write")]
    assert [(track["kind"], track["panel"]) for track in player["marks"]] == [("write", 0)]
    assert player["columns"] == 2
    assert "kl" not in player["note"]["values"]
    assert player["note"]["rows"][0] == ["", "write"]


def test_without_attention_there_are_no_windows_and_the_sentence_says_everywhere():
    player = frames.draw_payload(draw_trace(windows=False))
    assert player["marks"] == [] and player["note"]["patches"] == []
    assert "whole picture" in player["note"]["html"]


def test_marks_are_those_of_the_trace():
    trace = draw_trace(cells=2, subject=False)
    track = frames.draw_payload(trace)["marks"][0]
    data = raw(track["data"], "<f4").reshape(track["shape"])
    for t in range(len(trace)):
        mark = trace.marks(t)[0]
        expected = np.stack([mark.x, mark.y, mark.width, mark.height, mark.precision], 1)
        np.testing.assert_array_equal(data[t], expected)


def test_a_pixel_mark_is_sent_once_for_all_cells():
    track = frames.raster_payload(raster_trace(3, side=4), heat=False)["marks"][0]
    data = raw(track["data"], "<f4").reshape(track["shape"])
    assert track["shape"] == [16, 1, 5]
    assert data[6, 0].tolist() == [2.5, 1.5, 1, 1, np.inf]


def test_the_note_of_a_stroke_holds_the_numbers_of_the_trace():
    trace = draw_trace(cells=3)
    values = frames.draw_payload(trace)["note"]["values"]
    for t in (0, 3, 5):
        for cell in range(3):
            step = trace.steps[t]
            for name in ("read_x", "write_y", "read_stride", "write_variance", "read_intensity", "kl"):
                assert at(values[name], t, cell) == step.scalars[name][cell]
            assert at(values["read_precision"], t, cell) == step.marks[0].precision[cell]
            assert at(values["write_size"], t, cell) == step.marks[1].width[cell]
            so_far = sum(float(earlier.scalars["kl"][cell]) for earlier in trace.steps[: t + 1])
            assert at(values["so_far"], t, cell) == pytest.approx(so_far, rel=1e-5)


def test_the_bars_of_a_copy_are_its_nats():
    trace = draw_trace(cells=2)
    cost = frames.draw_payload(trace)["cost"]
    assert (cost["unit"], cost["bars"]) == ("nats", 6)
    np.testing.assert_array_equal(raw(cost["data"], "<f4").reshape(6, 2), trace.series("kl"))


def test_the_bars_of_a_dream_are_the_change_of_the_picture_in_percent():
    trace = draw_trace(cells=2, subject=False)
    bars = raw(frames.draw_payload(trace)["cost"]["data"], "<f4").reshape(6, 2)
    assert bars[0].tolist() == [0, 0]
    for t in range(1, 6):
        for cell in range(2):
            change = np.abs(trace.frame(t)[cell].astype(float) - trace.frame(t - 1)[cell]).mean()
            assert bars[t, cell] == pytest.approx(100 * change, rel=1e-4)
    before = np.zeros((1, 1, 28, 28), np.float32)
    first = raw(frames.draw_payload(trace, before=before)["cost"]["data"], "<f4")[0]
    assert first == pytest.approx(100 * trace.frame(0)[0].mean(), rel=1e-4)


def test_the_glimpse_is_divided_by_its_intensity_and_mid_grey_means_no_change():
    trace = draw_trace(steps=3)
    read, missing, write = frames.draw_payload(trace)["note"]["patches"]
    titles = (read["title"], missing["title"], write["title"])
    assert titles == ("the 5×5 glimpse it reads", "what is missing there", "the 5×5 change it writes")
    error = [step.patches["read_error"][0, 0] / step.scalars["read_intensity"][0] for step in trace]
    seen = raw(missing["data"], np.uint8).reshape(3, 5, 5)
    np.testing.assert_allclose(seen, 255 * np.clip(0.5 + np.array(error) / 2, 0, 1), atol=0.51)
    glimpse = [step.patches["read"][0, 0] / step.scalars["read_intensity"][0] for step in trace]
    seen = raw(read["data"], np.uint8).reshape(3, 5, 5)
    np.testing.assert_allclose(seen, 255 * np.clip(glimpse, 0, 1), atol=0.51)
    change = np.array([step.patches["write"][0, 0] / step.scalars["write_intensity"][0] for step in trace])
    written = raw(write["data"], np.uint8).reshape(3, 5, 5)
    np.testing.assert_allclose(written, 127.5 + 127.5 * change / np.abs(change).max(), atol=0.51)


def test_a_patch_that_changes_nothing_is_mid_grey():
    step = draw_trace(steps=1).steps[0]
    still = replace(step, patches={"write": np.zeros((1, 1, 5, 5), np.float32)})
    patch = frames.draw_payload(CanvasTrace((still,)))["note"]["patches"][0]
    assert set(raw(patch["data"], np.uint8).tolist()) == {128}


def test_a_painting_that_goes_on_without_its_subject_lacks_marks_and_numbers_from_there():
    looking, dreaming = draw_trace(steps=2), draw_trace(steps=2, subject=False)
    trace = CanvasTrace((*looking.steps, *dreaming.steps), looking.subject)
    player = frames.draw_payload(trace)
    read = raw(player["marks"][0]["data"], "<f4").reshape(4, 1, 5)
    assert np.isfinite(read[:2]).all() and np.isnan(read[2:]).all()
    assert np.isnan(at(player["note"]["values"]["kl"], 2, 0))
    assert raw(player["cost"]["data"], "<f4")[2:].tolist() == [0, 0]
    spent = sum(step.scalars["kl"][0] for step in looking)
    assert at(player["note"]["values"]["so_far"], 3, 0) == pytest.approx(spent)
    sized(player)


@pytest.mark.parametrize("t", [0, 1, 55, 56, 300, 782, 783])
def test_the_player_reveals_exactly_the_pixels_that_the_trace_shows(t):
    trace = raster_trace(3, known_rows=2)
    panel = frames.raster_payload(trace)["panels"][0]
    reveal = raw(panel["reveal"], "<u2").reshape(3, 28, 28)
    np.testing.assert_array_equal(reveal <= t, trace.shown(t))


def test_pixels_off_the_route_are_never_revealed_unless_given():
    whole = raster_trace(1, side=4, known_rows=1)
    trace = replace(whole, order=whole.order[4:12])
    picture, heat = (raw(panel["reveal"], "<u2") for panel in frames.raster_payload(trace)["panels"])
    expected = [0] * 4 + list(range(8)) + [NEVER] * 4
    assert picture.tolist() == heat.tolist() == expected


def test_the_heat_map_is_the_probability_and_appears_pixel_by_pixel():
    trace = raster_trace(known_rows=3)
    heat = frames.raster_payload(trace)["panels"][1]
    assert heat["map"] == "room"
    data = raw(heat["data"], np.uint8).reshape(1, 28, 28)
    np.testing.assert_allclose(data, 255 * trace.probability, atol=0.51)
    np.testing.assert_array_equal(raw(heat["reveal"], "<u2"), np.arange(784))


def test_only_a_single_picture_has_a_heat_map_by_itself():
    assert len(frames.raster_payload(raster_trace(1))["panels"]) == 2
    assert len(frames.raster_payload(raster_trace(2))["panels"]) == 1
    assert len(frames.raster_payload(raster_trace(2), heat=True)["panels"]) == 2
    assert len(frames.raster_payload(raster_trace(1), heat=False)["panels"]) == 1


def test_the_bars_of_a_raster_are_the_entropy_of_its_rows():
    trace = raster_trace(2)
    cost = frames.raster_payload(trace)["cost"]
    p = trace.probability.astype(float)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    assert cost["bars"] == 28 and "row" in cost["label"]
    np.testing.assert_allclose(raw(cost["data"], "<f4").reshape(28, 2), entropy.sum(2).T, rtol=1e-4)


def test_on_another_route_the_bars_are_equal_parts_of_the_time():
    whole = raster_trace(1)
    trace = replace(whole, order=whole.order[::-1][:90])
    cost = frames.raster_payload(trace)["cost"]
    bars, entropy = raw(cost["data"], "<f4"), trace.series("entropy")[:, 0]
    assert cost["bars"] == 28 and "time" in cost["label"]
    for k in range(28):
        assert bars[k] == pytest.approx(sum(entropy[t] for t in range(90) if t * 28 // 90 == k), rel=1e-4)


def test_the_note_of_a_pixel_holds_the_numbers_of_the_trace():
    trace = raster_trace(2, known_rows=5)
    note = frames.raster_payload(trace)["note"]
    values = note["values"]
    assert values["p"]["percent"] is True and note["bar"]["value"] == "p"
    for t in (0, 139, 140, 600):
        row, column = divmod(t, 28)
        for cell in range(2):
            assert (at(values["row"], t, cell), at(values["column"], t, cell)) == (row + 1, column + 1)
            assert at(values["p"], t, cell) == trace.probability[cell, row, column]
            assert at(values["nats"], t, cell) == trace.nats[cell, row, column]
            so_far = trace.nats[cell].ravel()[: t + 1].astype(float).sum()
            assert at(values["so_far"], t, cell) == pytest.approx(so_far, rel=1e-4)
            ink, given = trace.image[cell, 0, row, column] == 1, row < 5
            words = values["said"]["words"][at(values["said"], t, cell)]
            assert ("given" in words) == given
            assert ("empty" in words) == (not ink)
    for cell in range(2):
        assert at(values["whole"], 9, cell) == pytest.approx(trace.nats[cell].sum(), rel=1e-5)
        assert at(values["hidden"], 9, cell) == pytest.approx(trace.nats[cell, 5:].sum(), rel=1e-5)


def test_a_grid_is_labelled_with_the_nats_of_the_hidden_part_unless_told_otherwise():
    trace = raster_trace(3, known_rows=20)
    labels = frames.raster_payload(trace)["panels"][0]["labels"]
    assert labels == [f"{trace.nats[i, 20:].sum():.1f} nats" for i in range(3)]
    assert frames.raster_payload(trace, labels="abc")["panels"][0]["labels"] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="3 pictures but 2 labels"):
        frames.raster_payload(trace, labels="ab")


def test_where_all_is_given_the_hidden_nats_are_those_of_the_whole_picture():
    trace = raster_trace(2, known_rows=28)
    np.testing.assert_allclose(frames.hidden_nats(trace), trace.nats.sum((1, 2)), rtol=1e-5)


def test_a_raster_plays_in_four_seconds_and_a_walk_goes_round():
    assert frames.raster_payload(raster_trace())["fps"] == 196
    assert frames.walk_payload(walk_trace(), "", "vae")["loop"] is True
    assert frames.still_payload(walk_trace().frame(0), "", "vae")["autoplay"] is False


def test_the_note_of_a_pass_says_whether_the_row_is_finished():
    player = frames.passes_payload(passes_trace())
    values = player["note"]["values"]
    assert [at(values["changed"], t, 0) for t in range(4)] == [2, 0, 3, 0]
    assert [at(values["row"], t, 0) for t in range(4)] == [1, 1, 2, 2]
    words = [values["said"]["words"][at(values["said"], t, 1)] for t in range(2)]
    assert "again" in words[0] and "finished" in words[1]
    assert player["marks"][0]["kind"] == "row" and player["moment"] == "pass [[step]] of [[steps]]"


def test_large_payloads_stay_below_half_a_megabyte():
    completions = frames.raster_payload(raster_trace(16, known_rows=9), heat=True)
    strokes = frames.draw_payload(draw_trace(steps=16, cells=16, subject=False))
    assert sized(completions) < HALF_A_MEGABYTE
    assert sized(strokes) < HALF_A_MEGABYTE


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(bad):
    spoilt = walk_trace().frame(0).copy()
    spoilt[0, 0, 0, 0] = bad
    with pytest.raises(ValueError, match="not finite"):
        frames.still_payload(spoilt, "", "plain")
    step = draw_trace(steps=1).steps[0]
    with pytest.raises(ValueError, match="not finite"):
        frames.draw_payload(CanvasTrace((replace(step, scalars=step.scalars | {"kl": f32([bad])}),)))
    crooked = replace(step.marks[0], x=f32([bad]))
    with pytest.raises(ValueError, match="not finite"):
        frames.draw_payload(CanvasTrace((replace(step, marks=(crooked,)),)))
    raster = raster_trace(side=4)
    with pytest.raises(ValueError, match="not finite"):
        frames.raster_payload(replace(raster, nats=np.full_like(raster.nats, bad)))


def test_a_mark_without_a_precision_is_refused():
    step = draw_trace(steps=1).steps[0]
    vague = replace(step.marks[0], precision=f32([np.nan]))
    with pytest.raises(ValueError, match="not finite"):
        frames.draw_payload(CanvasTrace((replace(step, marks=(vague,)),)))


def test_two_channels_and_a_grid_without_columns_are_refused():
    with pytest.raises(ValueError, match="one channel or three"):
        frames.walk_payload(CanvasTrace((Step(np.zeros((1, 2, 4, 4), np.float32)),)), "", "vae")
    with pytest.raises(ValueError, match="column"):
        frames.walk_payload(walk_trace(), "", "vae", columns=-1)
