// A doubly linked list through hooks in its elements: no allocation, removal from the middle.
#pragma once

namespace cohort::runtime {

template <class T>
struct list_hook {
  T* previous = nullptr;
  T* next = nullptr;
  bool linked = false;
};

// The list owns nothing. An element is in at most one list per hook.
template <class T, list_hook<T> T::*Hook>
class intrusive_list {
 public:
  bool empty() const { return first_ == nullptr; }
  T* front() const { return first_; }
  T* back() const { return last_; }
  static T* after(T& element) { return (element.*Hook).next; }
  static T* before(T& element) { return (element.*Hook).previous; }
  static bool contains(const T& element) { return (element.*Hook).linked; }

  void push_back(T& element) { insert_before(nullptr, element); }
  void push_front(T& element) { insert_before(first_, element); }

  // Puts `element` before `place`, at the end for nullptr.
  void insert_before(T* place, T& element) {
    list_hook<T>& hook = element.*Hook;
    hook.next = place;
    hook.previous = place ? (place->*Hook).previous : last_;
    hook.linked = true;
    (hook.previous ? (hook.previous->*Hook).next : first_) = &element;
    (place ? (place->*Hook).previous : last_) = &element;
  }

  void remove(T& element) {
    list_hook<T>& hook = element.*Hook;
    if (!hook.linked) return;
    (hook.previous ? (hook.previous->*Hook).next : first_) = hook.next;
    (hook.next ? (hook.next->*Hook).previous : last_) = hook.previous;
    hook = {};
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace cohort::runtime
