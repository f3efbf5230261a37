package io.lockstep.datatools.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** How captions of plain pictures name what they see: shapes and places, no judgement. */
final class PlainWords {

  /** The request that a counted list answers. */
  static final String COUNT_REQUEST = "数一数";

  private PlainWords() {}

  /** Name and state of an item, for instance {@code 牌7} or {@code 线断}. */
  static String name(Item item) {
    boolean faulty = item.faulty();
    return switch (item.part()) {
      case PLATE -> "牌" + item.digit();
      case HEXAGON -> faulty ? "六角斜" : "六角正";
      case CONNECTOR -> faulty ? "尖下" : "尖上";
      case WIRE -> faulty ? "线断" : "线整";
      case PANEL -> faulty ? "框空" : "框满";
      case BOX -> "盒";
    };
  }

  /** Occupied cells in reading order, row letter and column digit first: {@code A2 牌7；C1 六角正}. */
  static String caption(List<Item> items) {
    return items.stream()
        .map(item -> cell(item) + " " + name(item))
        .collect(Collectors.joining("；"));
  }

  /** Kinds with their number, in order of first appearance: {@code 牌7×1 线断×2}. */
  static String counted(List<Item> items) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    items.forEach(item -> counts.merge(name(item), 1, Integer::sum));
    return counts.entrySet().stream()
        .map(entry -> entry.getKey() + "×" + entry.getValue())
        .collect(Collectors.joining(" "));
  }

  private static String cell(Item item) {
    return "" + (char) ('A' + item.row()) + (item.column() + 1);
  }
}
