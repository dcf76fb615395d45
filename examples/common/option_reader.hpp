// Reads the options of an example's command line, one after the other.
#pragma once

#include <charconv>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

// All errors are std::invalid_argument with a message for the user.
//
//   for (option_reader option(argc, argv); option.next();) {
//     if (option == "--size") result.size = option.number(1, 16384);
//     else option.refuse();
//   }
class option_reader {
 public:
  option_reader(int argc, char** argv) : argc_(argc), argv_(argv) {}

  // Goes to the next argument; false after the last.
  bool next() { return ++at_ < argc_; }
  std::string_view text() const { return argv_[at_]; }
  friend bool operator==(const option_reader& option, std::string_view name) {
    return option.text() == name;
  }

  // The argument behind the option. `what` is what the user is told that it needs.
  std::string_view value(const std::string& what = "a value") {
    if (at_ + 1 == argc_) throw std::invalid_argument(std::string(text()) + " needs " + what);
    return argv_[++at_];
  }
  template <class T>
  T number(T least, T greatest = std::numeric_limits<T>::max()) {
    const std::string option(text());
    return parse(option, value(), least, greatest,
                 "a number from " + std::to_string(least) + " to " + std::to_string(greatest));
  }
  template <class T>
  T number(T least, T greatest, const std::string& what) {
    const std::string option(text());
    return parse(option, value(what), least, greatest, what);
  }

  [[noreturn]] void refuse() const {
    throw std::invalid_argument(
        (text().starts_with('-') ? "unknown option '" : "unknown argument '") +
        std::string(text()) + "'");
  }

 private:
  template <class T>
  static T parse(const std::string& option, std::string_view given, T least, T greatest,
                 const std::string& what) {
    T result{};
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), result);
    if (error != std::errc() || end != given.data() + given.size() || result < least ||
        result > greatest) {
      throw std::invalid_argument(option + " needs " + what + ", not '" + std::string(given) + "'");
    }
    return result;
  }

  int argc_;
  char** argv_;
  int at_ = 0;
};
