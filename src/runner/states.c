// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/states.h"

/* What nobody says of such a state changes nothing. */
#define SAME STATES

/*
 * A line for each thing that happens. In the columns the states: RUNS, SAVED_ITSELF and
 * then those in which a worker is at work, whose job RUNS, is GONE, is gone having saved
 * ITSELF, was ended by MISTAKE, or has a RIVAL.
 */
#define LINE(runs, saved, saving, gone, itself, mistake, rival)                   \
	{                                                                         \
		[STATE_RUNS] = runs, [STATE_SAVED_ITSELF] = saved,                \
		[STATE_SAVING] = saving, [STATE_SAVING_GONE] = gone,              \
		[STATE_SAVING_ITSELF] = itself, [STATE_SAVING_MISTAKE] = mistake, \
		[STATE_SAVING_RIVAL] = rival                                      \
	}

#define RUNS	  STATE_RUNS
#define SAVED	  STATE_SAVED_ITSELF
#define SAVING	  STATE_SAVING
#define GONE	  STATE_SAVING_GONE
#define ITSELF	  STATE_SAVING_ITSELF
#define MISTAKE	  STATE_SAVING_MISTAKE
#define RIVAL	  STATE_SAVING_RIVAL
#define ENDS	  STATE_ENDS
#define LEAVES	  STATE_LEAVES
#define CONTINUES STATE_CONTINUES
#define BACK	  STATE_GOES_BACK
#define AGAIN	  STATE_AGAIN
#define RETURNS	  STATE_RETURNS
#define YIELDS	  STATE_YIELDS

/* clang-format off */
static const enum state table[HAPPENINGS][STATE_SAVING_RIVAL + 1] = {
/*                             RUNS     SAVED      SAVING     GONE       ITSELF     MISTAKE    RIVAL */
[HAPPENS_END]         = LINE(ENDS,    SAME,      GONE,      SAME,      SAME,      SAME,      SAME),
[HAPPENS_END_SAVED]   = LINE(SAVED,   SAME,      ITSELF,    SAME,      SAME,      SAME,      SAME),
[HAPPENS_MISTAKE]     = LINE(RETURNS, RETURNS,   MISTAKE,   MISTAKE,   MISTAKE,   SAME,      SAME),
[HAPPENS_RIVAL]       = LINE(YIELDS,  YIELDS,    RIVAL,     RIVAL,     RIVAL,     RIVAL,     SAME),
[HAPPENS_BEGUN]       = LINE(SAVING,  ITSELF,    SAME,      SAME,      SAME,      SAME,      SAME),
[HAPPENS_NOT_BEGUN]   = LINE(SAME,    AGAIN,     SAME,      SAME,      SAME,      SAME,      SAME),
[HAPPENS_KEPT]        = LINE(SAME,    SAME,      RUNS,      ENDS,      SAVED,     RETURNS,   YIELDS),
[HAPPENS_KEPT_STOP]   = LINE(SAME,    SAME,      LEAVES,    LEAVES,    LEAVES,    LEAVES,    YIELDS),
[HAPPENS_KEPT_ENDED]  = LINE(SAME,    SAME,      CONTINUES, CONTINUES, CONTINUES, CONTINUES, YIELDS),
[HAPPENS_UNSAVED]     = LINE(SAME,    SAME,      LEAVES,    ENDS,      SAVED,     LEAVES,    YIELDS),
[HAPPENS_UNWANTED]    = LINE(SAME,    SAME,      RUNS,      ENDS,      SAVED,     RETURNS,   YIELDS),
[HAPPENS_FAILED]      = LINE(SAME,    SAME,      RUNS,      ENDS,      AGAIN,     RETURNS,   YIELDS),
[HAPPENS_HARMED]      = LINE(SAME,    SAME,      BACK,      BACK,      BACK,      BACK,      YIELDS),
[HAPPENS_HARMED_STOP] = LINE(SAME,    SAME,      LEAVES,    LEAVES,    LEAVES,    LEAVES,    YIELDS),
};
/* clang-format on */

enum state states_next(enum state state, enum happening happening)
{
	enum state next = states_stays(state) ? table[happening][state] : SAME;

	return next == SAME ? state : next;
}

bool states_is_saving(enum state state)
{
	return state >= STATE_SAVING && state <= STATE_SAVING_RIVAL;
}

bool states_stays(enum state state)
{
	return state <= STATE_SAVING_RIVAL;
}
