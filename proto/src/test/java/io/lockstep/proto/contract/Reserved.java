package io.lockstep.proto.contract;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import java.util.List;
import java.util.Optional;

/** Numbers and names that a message or an enum must not use again. */
record Reserved(List<Span> spans, List<String> names) {

  /** Numbers from first to last. */
  record Span(int first, int last) {

    boolean holds(int number) {
      return first <= number && number <= last;
    }
  }

  /** Those of a message; the end of its ranges is exclusive. */
  static Reserved of(DescriptorProto message) {
    return new Reserved(
        message.getReservedRangeList().stream()
            .map(range -> new Span(range.getStart(), range.getEnd() - 1))
            .toList(),
        message.getReservedNameList());
  }

  /** Those of an enum; the end of its ranges is inclusive. */
  static Reserved of(EnumDescriptorProto type) {
    return new Reserved(
        type.getReservedRangeList().stream()
            .map(range -> new Span(range.getStart(), range.getEnd()))
            .toList(),
        type.getReservedNameList());
  }

  boolean holds(int number) {
    return spans.stream().anyMatch(span -> span.holds(number));
  }

  /** The first number of a span that is not reserved here. Spans may go on to the largest one. */
  Optional<Integer> firstGapIn(Span span) {
    long number = span.first();
    while (number <= span.last()) {
      int first = (int) number;
      Optional<Span> around = spans.stream().filter(each -> each.holds(first)).findFirst();
      if (around.isEmpty()) {
        return Optional.of(first);
      }
      number = around.get().last() + 1L;
    }
    return Optional.empty();
  }
}
