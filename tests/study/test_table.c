// Rows from cells, by hand.
#include "../../src/study/figure.h"
#include "../../src/study/table.h"
#include "../test.h"
#include <math.h>
#include <string.h>

// Two seeds, three persons; the compressed model loses 1, 2 and 3 points on them at seed 1 and as much at
// seed 2.
static const char *text =
    "{'models':[{'name':'m'}],'techniques':[{'name':'none'},{'name':'q'}],"
    "'targets':[{'name':'t','cycle_cost':{'alu':1,'load':2},'cycle_error':0.2}],"
    "'measurements':["
    "{'model':'m','technique':'none','target':'t','classes':{'alu':600,'load':200},'layers':[{'cycles':1000}]"
    ","
    " 'settings':[{'battery_days':9.5,'battery_days_low':8,'battery_days_high':11},{'battery_days':12}]},"
    "{'model':'m','technique':'q','target':'t','classes':{'alu':300,'load':100},'layers':[{'cycles':500}]}],"
    "'cells':["
    "{'model':'m','technique':'none','target':'t','seed':1,'accuracy':0.9,'macro_f1':0.8,'accuracy_by_person'"
    ":[0.9,0.8,0.7],"
    " 'instructions':800,'latency_us':1000,'latency_us_low':800,'latency_us_high':1200,'energy_uj':100,'"
    "energy_uj_low':50,"
    " 'energy_uj_high':200,'flash_bytes':4000,'device_equals_host':true},"
    "{'model':'m','technique':'none','target':'t','seed':2,'accuracy':0.92,'macro_f1':0.8,'accuracy_by_"
    "person':[0.91,0.81,0.71]},"
    "{'model':'m','technique':'q','target':'t','seed':1,'accuracy':0.88,'macro_f1':0.8,'accuracy_by_person':["
    "0.89,0.78,0.67],"
    " 'instructions':400,'latency_us':500,'latency_us_low':400,'latency_us_high':600,'energy_uj':50,'energy_"
    "uj_low':25,"
    " 'energy_uj_high':100,'flash_bytes':1000,'device_equals_host':true},"
    "{'model':'m','technique':'q','target':'t','seed':2,'accuracy':0.9,'macro_f1':0.8,'accuracy_by_person':["
    "0.90,0.79,0.68]}]}";

static json_t *parse(void)
{
    static char s[4096];
    strcpy(s, text);
    for (char *p = s; *p; p++)
        if (*p == '\'') *p = '"';
    json_error_t je;
    json_t *r = json_loads(s, 0, &je);
    if (!r) test_fail(__FILE__, __LINE__, "%s", je.text);
    return r;
}

TEST(table_of_two_seeds)
{
    json_t *r = parse(), *t = table_of(r);
    CHECK_EQ(2, json_array_size(t));
    const json_t *none = json_array_get(t, 0), *q = json_array_get(t, 1);
    CHECK_NEAR(0.91, figure(none, "accuracy"), 1e-12);
    CHECK_NEAR(0.0141421, figure(none, "accuracy_spread"), 1e-6);
    CHECK(isnan(figure(none, "change_points")));
    CHECK_NEAR(-2, figure(q, "change_points"), 1e-9);
    // Three persons: -1, -2, -3; t(0.95, 2) = 4.303, s = 1.
    CHECK_NEAR(-2 - 4.303 / sqrt(3), figure(q, "change_points_low"), 1e-3);
    CHECK_NEAR(-2 + 4.303 / sqrt(3), figure(q, "change_points_high"), 1e-3);
    CHECK_EQ(3, figure(q, "persons"));
    CHECK_NEAR(500, figure(q, "latency_us"), 0);
    CHECK_NEAR(0.5, figure(q, "energy_saved"), 1e-12);
    CHECK_NEAR(0.75, figure(q, "flash_saved"), 1e-12);
    CHECK_NEAR(0.5, figure(q, "energy_saved_low"), 1e-9); // the same mix: no range
    CHECK(isnan(figure(none, "energy_saved")));
    json_decref(t);
    json_decref(r);
}

TEST(table_battery_days_are_the_settings)
{
    json_t *r = parse(), *t = table_of(r);
    const json_t *none = json_array_get(t, 0), *q = json_array_get(t, 1);
    CHECK_NEAR(9.5, figure(none, "battery_days"), 0);
    CHECK_NEAR(8, figure(none, "battery_days_low"), 0);
    CHECK_NEAR(11, figure(none, "battery_days_high"), 0);
    CHECK(!figure_text(none, "battery_why"));
    CHECK(isnan(figure(q, "battery_days"))); // no settings
    CHECK_STR("without settings", figure_text(q, "battery_why"));
    json_decref(t);
    json_t *s =
        json_array_get(json_object_get(json_array_get(json_object_get(r, "measurements"), 0), "settings"), 0);
    json_object_set_new(s, "battery_days", json_null());
    json_object_set_new(s, "why", json_string("no documented power while it sleeps"));
    t = table_of(r);
    CHECK(isnan(figure(json_array_get(t, 0), "battery_days")));
    CHECK_STR("while it sleeps", figure_text(json_array_get(t, 0), "battery_why"));
    json_decref(t);
    json_decref(r);
}

// Each at its own cheapest: 40 uJ against 80.
TEST(table_savings_at_the_cheapest_settings)
{
    json_t *r = parse(), *list = json_object_get(r, "measurements");
    json_t *none = json_object_get(json_array_get(list, 0), "settings");
    json_object_set_new(json_array_get(none, 1), "cheapest", json_true());
    json_object_set_new(json_array_get(none, 1), "energy_uj", json_real(80));
    json_object_set_new(json_array_get(list, 1), "settings",
                        json_pack("[{s:b, s:i, s:f, s:s}, {s:f}]", "cheapest", 1, "clock_hz", 160000000,
                                  "energy_uj", 40.0, "constants", "planned", "energy_uj", 45.0));
    json_t *t = table_of(r);
    const json_t *q = json_array_get(t, 1);
    CHECK_NEAR(0.5, figure(q, "cheapest_energy_saved"), 1e-12);
    CHECK_NEAR(40, figure(q, "cheapest_energy_uj"), 0);
    CHECK_EQ(160000000, (int64_t)figure(q, "cheapest_clock_hz"));
    CHECK_STR("planned", figure_text(q, "cheapest_constants"));
    CHECK(isnan(figure(json_array_get(t, 0), "cheapest_energy_saved")));
    json_decref(t);
    json_decref(r);
}

TEST(table_shows_a_device_that_differs)
{
    json_t *r = parse(), *cell = json_array_get(json_object_get(r, "cells"), 3);
    json_object_set_new(cell, "device_equals_host", json_false());
    json_t *t = table_of(r);
    CHECK(json_is_false(json_object_get(json_array_get(t, 1), "device_equals_host")));
    CHECK(isnan(figure(json_array_get(t, 1), "latency_us")));
    json_decref(t);
    json_decref(r);
}

TEST(figures_in_json)
{
    json_t *o = json_object();
    figure_put(o, "n", 3);
    figure_put(o, "x", 0.5);
    figure_put(o, "none", NAN);
    figure_put_text(o, "bad", "\xff");
    CHECK(json_is_integer(json_object_get(o, "n")));
    CHECK(json_is_real(json_object_get(o, "x")));
    CHECK(json_is_null(json_object_get(o, "none")));
    CHECK(json_is_null(json_object_get(o, "bad")));
    CHECK(isnan(figure(o, "none")));
    CHECK(isnan(figure(NULL, "none")));
    CHECK(!figure_text(o, "n"));
    json_decref(o);
}
