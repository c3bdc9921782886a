"""Names of the line features, in the order of their columns, and where in a row each group begins.

What carries a line model was measured in the study of Kohlschütter et al., "Boilerplate Detection using Shallow Text
Features" (WSDM 2010): length and density of a block and of its neighbours; recurrence on a host is the strongest
further signal.
"""

from __future__ import annotations

import numpy as np

OWN = """
    words chars word_length longest_word sentence_end question inner_ends commas comma_rate digits years uppers
    capitalised punctuation separators quotes brackets colon_end bracket_end lower_start dots
""".split()
"""Of the line alone."""
"""How the page was laid out; scrapers drop both at will, so training sees pages without them too."""
VOCABULARY = "stop_share overlap overlap_main".split()
"""Share of stop words; share of its other words that further long lines, or the main block, hold."""
COPIES = "copies nth_copy copies_3 copies_8 blind_copies shape_copies shape_8 shape_since".split()
"""Of the same line on the page: how many, which, the share of thrice-printed lines within 3 and 8 lines; lines that are
the same but for their digits; short lines of the same shape (kinds of their words): on the page, within 8 lines, lines
since the last one."""
PLACE = "place from_start from_end n_lines n_words words_before prose_before prose_total prose_share".split()
MASS = "mass_1 mass_3 mass_8 mass_20 mass_8_share run_3 run_8 run_20 short_3 short_8 capitals_3 separators_3".split()
"""Words of running text, and shares of it, of short lines, of capitals, of separators, within so many lines."""
NEAR = "words_b1 words_b2 words_b3 words_a1 words_a2 words_a3 end_b1 end_b2 end_a1 end_a2 role_b1 role_a1".split()
"""Of the lines just before and after."""
BLOCKS = """
    gap_before gap_after block_before block_after block_share block_words block_rank to_main in_block
""".split()
"""Of the blocks of running text: how far, how large, which part of the largest."""
BETWEEN = "repeats_before repeats_after dates_before dates_after_it".split()
"""Thrice-printed lines, and dates and bylines, between the line and the running text before and after it: a list of
comments or teasers has them between all its parts."""
ROLES = """
    since_related since_form since_share since_footer since_tags since_comments is_caption is_date is_byline is_credit
    is_other_role dates_3 dates_8 dates_after
""".split()
"""Lines since one of a role; the line's own role; dates and bylines nearby, as between comments."""
SLUG = "slug_overlap since_slug has_slug".split()
"""Share of the words of the page's address that the line holds, lines since the line that holds most of them, and
whether the address names a story at all."""
GROUPS = (OWN, VOCABULARY, COPIES, PLACE, MASS, NEAR, BLOCKS, BETWEEN, ROLES, SLUG)
FEATURES = tuple(name for group in GROUPS for name in group)
"""What the first pass sees of each line, of its neighbourhood and its page."""
_AT = [int(at) for at in np.cumsum([0, *map(len, GROUPS)])]
(
    AT_OWN, AT_VOCABULARY, AT_COPIES, AT_PLACE, AT_MASS, AT_NEAR, AT_BLOCKS, AT_BETWEEN, AT_ROLES, AT_SLUG, _,
) = _AT  # fmt: skip

SCORES = """
    score score_b1 score_b2 score_b3 score_b4 score_b5 score_a1 score_a2 score_a3 score_a4 score_a5
    scores_2 scores_5 scores_10 scores_20 kept_before kept_after kept_words kept_share best_before best_after
    since_kept until_kept run_before run_after runs main_run run_share run_mean to_main_run cohesion cohesion_head
""".split()
"""The first pass's scores of the line and around it, runs of kept lines, and the words shared with kept lines."""
RECURRENCE = """
    recurs recurs_share blind_recurs recurs_b1 recurs_a1 recurs_3 recurs_8 recurs_before host_pages
""".split()
"""How many pages of the host, each of another story, hold the line, or the line but for its digits; the same nearby;
the share of the words before it that recur; pages of the host in the batch."""
AFTER = ("after_overlap",)
"""Share of the line's words in the kept lines just after it, as of a headline's."""
SECOND = (*SCORES, *AFTER, *RECURRENCE)
"""What the first pass's scores add."""
HEADLINE = "headline headline_best since_headline since_first_headline headline_share".split()
"""How sure the line is the headline, and the likeliest line; lines since its last and its first copy; share of its
words that the line holds."""
AT_RUNS, AT_COHESION, AT_AFTER, AT_RECURRENCE = 19, len(SCORES) - 2, len(SCORES), len(SCORES) + len(AFTER)

ROLE_CODES = {
    "related": 1, "form": 2, "share": 3, "footer": 4, "tags": 5, "comments": 6, "caption": 7, "date": 8, "byline": 9,
    "credit": 10, "widget": 11,
}  # fmt: skip
"""Role -> its number in the kernels; 0 is none. The first six open a part of the page, the others are of one line."""
