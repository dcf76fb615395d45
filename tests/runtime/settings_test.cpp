// The COHORT_ settings: each row's values, unknown names, values that can't be.
#include "runtime/settings.hpp"

#include <cohort/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

extern char** environ;  // POSIX: declared by no header

namespace cohort::runtime {
namespace {

// Starts each test without COHORT_ variables, and puts back what was there.
class settings_of_environment : public testing::Test {
 protected:
  settings_of_environment() {
    for (char** entry = environ; *entry; ++entry) {
      const std::string text(*entry);
      if (text.rfind("COHORT_", 0) != 0) continue;
      const auto equals = text.find('=');
      before_[text.substr(0, equals)] = text.substr(equals + 1);
    }
    clear();
    for (const auto& [name, value] : before_) ::unsetenv(name.c_str());
  }
  ~settings_of_environment() override {
    clear();
    for (const auto& [name, value] : before_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  void clear() {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
    set_.clear();
  }
  static std::string value_of(const settings& s, std::string_view name) {
    for (const setting_row& row : describe(s)) {
      if (row.name == name) return row.value;
    }
    return "no such row";
  }
  static std::string refusal() {
    try {
      settings::from_environment();
    } catch (const setting_error& e) {
      return e.what();
    }
    return "";
  }

 private:
  std::map<std::string, std::string> before_;
  std::vector<std::string> set_;
};

TEST_F(settings_of_environment, are_the_defaults_where_nothing_is_set) {
  const settings defaults;
  const settings read = settings::from_environment();
  const auto wanted = describe(defaults);
  const auto found = describe(read);
  ASSERT_EQ(wanted.size(), found.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(found[i].value, wanted[i].value);
}

struct value_case {
  const char* name;
  const char* given;
  const char* shown;  // nullptr: refused
};

TEST_F(settings_of_environment, every_row_takes_its_values_and_no_others) {
  const std::vector<value_case> cases{
      {"COHORT_STRICT", "1", "1"},
      {"COHORT_STRICT", "on", "1"},
      {"COHORT_STRICT", "yes", "1"},
      {"COHORT_STRICT", "true", "1"},
      {"COHORT_STRICT", "0", "0"},
      {"COHORT_STRICT", "off", "0"},
      {"COHORT_STRICT", "no", "0"},
      {"COHORT_STRICT", "false", "0"},
      {"COHORT_STRICT", "", nullptr},
      {"COHORT_STRICT", "2", nullptr},
      {"COHORT_STRICT", " 1", nullptr},
      {"COHORT_WAIT", "automatic", "automatic"},
      {"COHORT_WAIT", "spin", "spin"},
      {"COHORT_WAIT", "yield", "yield"},
      {"COHORT_WAIT", "sleep", "sleep"},
      {"COHORT_WAIT", "Sleep", nullptr},
      {"COHORT_WAIT", "", nullptr},
      {"COHORT_SPIN_MICROSECONDS", "0", "0"},
      {"COHORT_SPIN_MICROSECONDS", "1000000", "1000000"},
      {"COHORT_SPIN_MICROSECONDS", "1000001", nullptr},
      {"COHORT_SPIN_MICROSECONDS", "-1", nullptr},
      {"COHORT_EAGER_LIMIT", "0", "0"},
      {"COHORT_EAGER_LIMIT", "100", "100"},
      {"COHORT_EAGER_LIMIT", "4k", "4096"},
      {"COHORT_EAGER_LIMIT", "64K", "65536"},
      {"COHORT_EAGER_LIMIT", "65537", nullptr},
      {"COHORT_EAGER_LIMIT", "65k", nullptr},
      {"COHORT_EAGER_LIMIT", "1M", nullptr},
      {"COHORT_EAGER_LIMIT", "17179869184G", nullptr},
      {"COHORT_EAGER_LIMIT", "99999999999999999999", nullptr},
      {"COHORT_EAGER_LIMIT", "4kB", nullptr},
      {"COHORT_EAGER_LIMIT", "k", nullptr},
      {"COHORT_EAGER_LIMIT", "4.5", nullptr},
      {"COHORT_SINGLE_COPY", "0", "0"},
      {"COHORT_SINGLE_COPY", "maybe", nullptr},
      {"COHORT_MEMBARRIER", "0", "0"},
      {"COHORT_MEMBARRIER", "-", nullptr},
      {"COHORT_COLLECTIVE_CHECK", "0", "0"},
      {"COHORT_COLLECTIVE_CHECK", "on", "1"},
      {"COHORT_COLLECTIVE_CHECK", "2", nullptr},
      {"COHORT_COLLECTIVES", "", ""},
      {"COHORT_COLLECTIVES", "broadcast=binomial", "broadcast=binomial"},
      {"COHORT_COLLECTIVES", "scan=linear,all_reduce=ring", "scan=linear,all_reduce=ring"},
      {"COHORT_COLLECTIVES", "binomial", nullptr},
      {"COHORT_COLLECTIVES", "broadcast=", nullptr},
      {"COHORT_COLLECTIVES", "broadcast=oak", nullptr},
      {"COHORT_COLLECTIVES", "bradcost=binomial", nullptr},
      {"COHORT_COLLECTIVES", "broadcast=binomial;scan=linear", nullptr},
      {"COHORT_COLLECTIVES", ",broadcast=binomial", nullptr},
  };
  for (const value_case& c : cases) {
    SCOPED_TRACE(std::string(c.name) + "=" + c.given);
    set(c.name, c.given);
    if (c.shown) {
      EXPECT_EQ(refusal(), "");
      if (!HasFailure()) {
        EXPECT_EQ(value_of(settings::from_environment(), c.name), c.shown);
      }
    } else {
      const std::string why = refusal();
      EXPECT_NE(why.find(std::string(c.name) + "=" + c.given), std::string::npos) << why;
      EXPECT_NE(why.find("it takes"), std::string::npos) << why;
    }
    clear();
  }
  // A new row needs cases.
  for (const setting_row& row : describe(settings())) {
    EXPECT_TRUE(std::any_of(cases.begin(), cases.end(), [&](const value_case& c) {
      return row.name == c.name;
    })) << row.name;
    EXPECT_FALSE(row.values.empty());
    EXPECT_FALSE(row.meaning.empty());
  }
}

// What a row shows can be given back to it.
TEST_F(settings_of_environment, values_in_force_can_be_set) {
  const settings defaults;
  for (const setting_row& row : describe(defaults)) {
    set(std::string(row.name), row.value);
    EXPECT_EQ(refusal(), "") << row.name << "=" << row.value;
    EXPECT_EQ(value_of(settings::from_environment(), row.name), row.value);
  }
}

TEST_F(settings_of_environment, an_unknown_one_suggests_the_nearest) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"COHORT_EAGER_LIMTI", "COHORT_EAGER_LIMIT"},
      {"COHORT_STRICKT", "COHORT_STRICT"},
      {"COHORT_SINGLECOPY", "COHORT_SINGLE_COPY"},
      {"COHORT_WAITS", "COHORT_WAIT"},
  };
  for (const auto& [given, meant] : cases) {
    set(given, "1");
    const std::string why = refusal();
    EXPECT_NE(why.find("unknown setting " + given + "; did you mean " + meant + "?"),
              std::string::npos)
        << why;
    clear();
  }
  set("COHORT_QQQQQQQQQQQQQQQQQQQQQQQQ", "1");
  EXPECT_NE(refusal().find("unknown setting COHORT_QQQQ"), std::string::npos);
  EXPECT_EQ(refusal().find("did you mean"), std::string::npos) << refusal();
}

TEST_F(settings_of_environment, other_variables_are_not_ours) {
  set("COHORT", "1");
  set("COHORTX_STRICT", "1");
  set("cohort_strict", "1");
  set("COHORT_JOB", "0,3,4");  // the launcher's
  EXPECT_EQ(refusal(), "");
}

TEST(nearest_word, is_the_one_of_least_edit_distance) {
  constexpr std::array<std::string_view, 3> words{"strict", "wait", "eager-limit"};
  EXPECT_EQ(nearest("strict", words), "strict");
  EXPECT_EQ(nearest("stricd", words), "strict");
  EXPECT_EQ(nearest("wiat", words), "wait");
  EXPECT_EQ(nearest("eager-limits", words), "eager-limit");
  EXPECT_EQ(nearest("completely else", words), "");
  EXPECT_EQ(nearest("strict", {}), "");
}

}  // namespace
}  // namespace cohort::runtime
