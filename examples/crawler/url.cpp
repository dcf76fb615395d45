#include "url.hpp"

#include <algorithm>
#include <cctype>

namespace {

constexpr std::string_view scheme = "http://";

std::string_view without_fragment(std::string_view text) {
  return text.substr(0, text.find('#'));
}

// Takes out "." and "..", as RFC 3986, section 5.2.4, does.
std::string normalised(std::string_view path) {
  const auto query = path.find('?');
  const std::string_view folders = path.substr(0, query);
  std::vector<std::string_view> kept;
  bool folder = false;
  for (std::size_t at = 1; at <= folders.size();) {
    const auto end = std::min(folders.find('/', at), folders.size());
    const std::string_view part = folders.substr(at, end - at);
    folder = part.empty() || part == "." || part == "..";
    if (part == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(part);
    at = end + 1;
  }
  std::string result;
  for (const std::string_view part : kept) result.append("/").append(part);
  if (folder || kept.empty()) result += '/';
  if (query != std::string_view::npos) result += path.substr(query);
  return result;
}

}  // namespace

std::string url::text() const {
  return std::string(scheme) + host + (port == "80" ? "" : ":" + port) + path;
}

std::optional<url> parse_url(std::string_view text) {
  if (!text.starts_with(scheme)) return std::nullopt;
  text = without_fragment(text.substr(scheme.size()));
  const auto slash = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, slash);
  const auto colon = std::min(authority.find(':'), authority.size());
  url result;
  result.host = authority.substr(0, colon);
  if (colon != authority.size()) result.port = authority.substr(colon + 1);
  const bool digits = std::all_of(result.port.begin(), result.port.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (result.host.empty() || result.port.empty() || !digits) return std::nullopt;
  const std::string_view rest = text.substr(slash);
  result.path = normalised(rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest));
  return result;
}

std::optional<url> resolve(const url& page, std::string_view link) {
  link = without_fragment(link);
  if (link.starts_with(scheme)) return parse_url(link);
  const auto colon = link.find(':');
  if (colon < link.find_first_of("/?")) return std::nullopt;  // another scheme
  url result = page;
  if (link.starts_with("//")) return parse_url("http:" + std::string(link));
  const std::string_view own = std::string_view(page.path).substr(0, page.path.find('?'));
  if (link.empty()) {
    result.path = page.path;
  } else if (link.starts_with('/')) {
    result.path = normalised(link);
  } else if (link.starts_with('?')) {
    result.path = std::string(own) + std::string(link);
  } else {
    result.path = normalised(std::string(own.substr(0, own.rfind('/') + 1)) + std::string(link));
  }
  return result;
}

std::vector<std::string> links_of(std::string_view html) {
  std::vector<std::string> links;
  std::string lower(html);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view attribute = "href=";
  for (auto at = lower.find(attribute); at != std::string::npos; at = lower.find(attribute, at)) {
    at += attribute.size();
    if (at == html.size()) break;
    const bool quoted = html[at] == '"' || html[at] == '\'';
    const auto begin = at + (quoted ? 1 : 0);
    const auto end = quoted ? html.find(html[at], begin) : html.find_first_of(" \t\r\n>", begin);
    if (end == std::string_view::npos) break;
    links.emplace_back(html.substr(begin, end - begin));
  }
  return links;
}
