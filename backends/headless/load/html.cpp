#include "headless/load/html.hpp"

#include <gumbo.h>

#include <algorithm>
#include <memory>

#include "headless/url/percent.hpp"

namespace mullion::headless {
namespace {

// Gumbo's memory, let go of at once: gumbo_destroy_output recurses, which a deeply nested document turns into a stack
// overflow.
class Arena {
 public:
  static void* allocate(void* self, std::size_t size) { return static_cast<Arena*>(self)->take(size); }
  static void keep(void*, void*) {}

 private:
  static constexpr std::size_t block_bytes = 256 * 1024;

  void* take(std::size_t size) {
    size = (size + 15) & ~std::size_t{15};
    if (size > left_) add_block(std::max(size, block_bytes));
    left_ -= size;
    return std::exchange(next_, next_ + size);
  }

  void add_block(std::size_t bytes) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
    next_ = blocks_.back().get();
    left_ = bytes;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r'; }

std::string collapsed(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (!is_space(c))
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

const char* attribute(const GumboNode* node, const char* name) {
  auto* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found ? found->value : nullptr;
}

bool is_element(const GumboNode* node) {
  return node->type == GUMBO_NODE_ELEMENT && node->v.element.tag_namespace == GUMBO_NAMESPACE_HTML;
}

std::string text_of(const GumboNode* node) {
  std::string text;
  const GumboVector& children = node->v.element.children;
  for (unsigned i = 0; i < children.length; ++i) {
    auto* child = static_cast<const GumboNode*>(children.data[i]);
    if (child->type == GUMBO_NODE_TEXT || child->type == GUMBO_NODE_WHITESPACE) text += child->v.text.text;
  }
  return text;
}

enum class ScriptKind { classic, module, data };

bool is_javascript(std::string_view type) {
  constexpr std::string_view known =
      " application/ecmascript application/javascript application/x-ecmascript application/x-javascript"
      " text/ecmascript text/javascript text/javascript1.0 text/javascript1.1 text/javascript1.2 text/javascript1.3"
      " text/javascript1.4 text/javascript1.5 text/jscript text/livescript text/x-ecmascript text/x-javascript ";
  return type.find(' ') == std::string_view::npos && known.find(" " + lower(type) + " ") != std::string_view::npos;
}

ScriptKind kind_of(const GumboNode* node) {
  const char* type = attribute(node, "type");
  const char* language = attribute(node, "language");
  if (!type && (!language || !*language)) return ScriptKind::classic;
  if (type && !*type) return ScriptKind::classic;
  std::string name = type ? collapsed(type) : std::string("text/") + language;
  if (lower(name) == "module") return ScriptKind::module;
  return is_javascript(name) ? ScriptKind::classic : ScriptKind::data;
}

class Reader {
 public:
  Reader(std::string_view text, const Url& document) : text_(text), document_(document) { out_.base = document; }

  HtmlDocument read(const GumboNode* root) {
    std::vector<const GumboNode*> waiting{root};  // not recursive: documents nest as deep as they like
    while (!waiting.empty()) {
      auto* node = waiting.back();
      waiting.pop_back();
      if (node->type != GUMBO_NODE_ELEMENT || !enters(node)) continue;
      const GumboVector& children = node->v.element.children;
      for (unsigned i = children.length; i > 0; --i)
        waiting.push_back(static_cast<const GumboNode*>(children.data[i - 1]));
    }
    return std::move(out_);
  }

 private:
  bool enters(const GumboNode* node) {
    if (!is_element(node)) return true;
    auto offset = node->v.element.start_pos.offset;
    bool is_text = offset < noscript_end_;
    if (node->v.element.tag == GUMBO_TAG_NOSCRIPT && !is_text) noscript_end_ = end_of_noscript(offset);
    return is_text || take(node);
  }

  // Whether there may be more to take inside.
  bool take(const GumboNode* node) {
    switch (node->v.element.tag) {
      case GUMBO_TAG_TITLE:
        if (!std::exchange(has_title_, true)) out_.title = collapsed(text_of(node));
        return false;
      case GUMBO_TAG_BASE:
        take_base(node);
        return false;
      case GUMBO_TAG_SCRIPT:
        take_script(node);
        return false;
      default:
        return true;
    }
  }

  // Where scripts run, <noscript> holds raw text. Gumbo parses it as if they did not, and moves what may not stand in a
  // <head> out of it.
  std::size_t end_of_noscript(std::size_t start) const {
    constexpr std::string_view tag = "</noscript";
    for (auto at = text_.find("</", start); at != std::string_view::npos; at = text_.find("</", at + 2))
      if (lower(text_.substr(at, tag.size())) == tag) return at;
    return text_.size();
  }

  void take_base(const GumboNode* node) {
    const char* href = attribute(node, "href");
    if (!href || std::exchange(has_base_, true)) return;
    auto base = Url::parse(href, &document_);
    if (base && base->scheme() != "data" && base->scheme() != "javascript") out_.base = std::move(*base);
  }

  void take_script(const GumboNode* node) {
    ScriptKind kind = kind_of(node);
    const char* src = attribute(node, "src");
    const GumboVector& children = node->v.element.children;
    if (kind == ScriptKind::data || (!src && children.length == 0)) return;
    ScriptTag tag;
    tag.module = kind == ScriptKind::module;
    tag.external = src != nullptr;
    tag.defer = src && attribute(node, "defer") && !attribute(node, "async");
    if (src && *src) tag.url = Url::parse(src, &out_.base);
    tag.line = static_cast<int>(node->v.element.start_pos.line);
    if (!src) tag.source = text_of(node);
    if (!src) tag.line = static_cast<int>(static_cast<const GumboNode*>(children.data[0])->v.text.start_pos.line);
    take_attributes(node, tag);
    out_.scripts.push_back(std::move(tag));
  }

  static void take_attributes(const GumboNode* node, ScriptTag& tag) {
    const GumboVector& attributes = node->v.element.attributes;
    for (unsigned i = 0; i < attributes.length; ++i) {
      auto* each = static_cast<const GumboAttribute*>(attributes.data[i]);
      tag.attributes.emplace_back(each->name, each->value);
    }
  }

  std::string_view text_;
  const Url& document_;
  HtmlDocument out_;
  std::size_t noscript_end_ = 0;
  bool has_title_ = false;
  bool has_base_ = false;
};

}  // namespace

HtmlDocument parse_html(std::string_view text, const Url& document) {
  Arena arena;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Arena::allocate;
  options.deallocator = &Arena::keep;
  options.userdata = &arena;
  options.max_errors = 0;
  GumboOutput* output = gumbo_parse_with_options(&options, text.data(), text.size());
  return Reader(text, document).read(output->root);
}

}  // namespace mullion::headless
