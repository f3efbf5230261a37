package io.lockstep.datatools.demo;

import io.lockstep.data.record.SummaryText;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** How an inspection names what it sees. */
final class InspectionWords {

  private InspectionWords() {}

  /** The hierarchical description of an item, for instance {@code 标签/7}. */
  static String desc(Item item) {
    boolean faulty = item.faulty();
    return switch (item.part()) {
      case PLATE -> "标签/" + item.digit();
      case HEXAGON -> faulty ? "螺丝/松动" : "螺丝/紧固";
      case CONNECTOR -> faulty ? "接头/方向不正确" : "接头/安装正确";
      case WIRE -> faulty ? "光纤/损坏" : "光纤/有保护";
      case PANEL -> faulty ? "挡风板/缺失" : "挡风板/已安装";
      case BOX -> "BBU设备/显示完整";
    };
  }

  /**
   * The summary of a picture: equal descriptions counted, shortest first, ties by first appearance.
   */
  static String summary(List<Item> items) {
    return SummaryText.of(items.stream().map(InspectionWords::desc).toList());
  }

  /** The first defect in the order of the summary. */
  static Optional<String> firstDefect(List<Item> items) {
    return items.stream()
        .filter(Item::faulty)
        .map(InspectionWords::desc)
        .min(Comparator.comparingInt(desc -> desc.codePointCount(0, desc.length())));
  }
}
