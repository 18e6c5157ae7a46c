#include "cef/v8/evaluation.hpp"

#include "cef/v8/exception.hpp"
#include "cef/v8/record.hpp"

namespace mullion::cef::v8 {
namespace {

// What the name's function was told last: prelude.js, `begin`.
enum State { silent, started, finished, threw };

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

std::string_view without_end(std::string_view source) {
  while (!source.empty() && (is_space(source.back()) || source.back() == ';')) source.remove_suffix(1);
  return source;
}

bool has_word(std::string_view source, std::string_view word) {
  for (auto at = source.find(word); at != source.npos; at = source.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word(source[at - 1])) && (end == source.size() || !is_word(source[end]))) return true;
  }
  return false;
}

// A statement that would mean something else as an expression, or a comment that may hide one.
bool may_be_expression(std::string_view source) {
  while (!source.empty() && is_space(source.front())) source.remove_prefix(1);
  if (source.empty() || source.starts_with('{') || source.starts_with('/')) return false;
  for (std::string_view word :
       {"function", "class", "async", "let", "const", "var", "if", "for", "while", "throw", "try"})
    if (source.starts_with(word) && (source.size() == word.size() || !is_word(source[word.size()]))) return false;
  return true;
}

// A script whose declarations would be the block's instead of the global scope's, were it put in one.
bool may_be_block(std::string_view source) {
  for (std::string_view word : {"let", "const", "class", "async", "using", "import"})
    if (has_word(source, word)) return false;
  return source.find("use strict") == source.npos && source.find("function*") == source.npos &&
         source.find("function *") == source.npos;
}

bool is_url(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos || colon == 0) return false;
  for (char c : text.substr(0, colon))
    if (!is_word(c) && c != '-' && c != '+' && c != '.') return false;
  return true;
}

class Run {
 public:
  Run(World& world, std::string_view source, std::string_view url, int line)
      : world_(world), source_(source), url_(url), line_(line), name_(world.tell_name()) {}

  Evaluation operator()() {
    if (may_be_expression(source_) && tell(name_ + "(2,(", without_end(source_), "\n))")) return std::move(result_);
    if (may_be_block(source_) && tell("", source_, "\n")) return std::move(result_);
    result_.prefix = 0;
    eval(std::string(source_));
    return std::move(result_);
  }

 private:
  bool eval(std::string text) {
    const bool named = is_url(url_);
    if (!named && !url_.empty()) text.append("\n//# sourceURL=").append(url_);
    CefRefPtr<CefV8Exception> thrown;
    result_.ok = world_.context()->Eval(to_cef(text), named ? to_cef(url_) : CefString(), line_, result_.value, thrown);
    if (thrown) result_.exception = from_sentence(*thrown, url_);
    return result_.ok;
  }

  // False if the text is no script, and nothing of it ran.
  bool tell(const std::string& before, std::string_view source, std::string_view after) {
    const CefV8ValueList name = {CefV8Value::CreateString("$" + name_)};
    if (!world_.ask(world_.prelude().begin, name)) return false;  // the page has the name
    const std::string prefix = "{const " + name_ + "=$" + name_ + "();try{" + before;
    result_.prefix = static_cast<int>(prefix.size());
    const bool ran = eval(prefix + std::string(source) + std::string(after) + "}catch(e){" + name_ + "(3,e)}}");
    if (!world_.alive()) return true;
    world_.ask(world_.prelude().end, name);
    const int state = world_.state();
    result_.told = state == finished || state == threw;
    if (state == threw) result_.ok = false;
    return ran || state != silent;
  }

  World& world_;
  std::string_view source_;
  std::string_view url_;
  int line_;
  const std::string& name_;
  Evaluation result_;
};

}  // namespace

Evaluation evaluate(World& world, std::string_view source, std::string_view url, int line) {
  return Run(world, source, url, line)();
}

}  // namespace mullion::cef::v8
