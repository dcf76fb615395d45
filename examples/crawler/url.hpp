// Addresses of pages, of the kind http://host:port/path?query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct url {
  std::string host;
  std::string port = "80";
  std::string path = "/";  // with the query, without the fragment

  std::string text() const;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& host& port& path;
  }
};

// Nothing where the text is no such address.
std::optional<url> parse_url(std::string_view text);
// What a link on a page stands for; nothing where it leads to something that is no page of this
// kind (https, mailto, …).
std::optional<url> resolve(const url& page, std::string_view link);
// The values of all href attributes, in their order.
std::vector<std::string> links_of(std::string_view html);
