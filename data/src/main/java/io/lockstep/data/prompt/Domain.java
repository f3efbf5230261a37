package io.lockstep.data.prompt;

import java.util.Arrays;

/** The kind of site that pictures show, with what a model must know of it. */
public enum Domain {
  /** Baseband units in cabinets. */
  BBU(
      "bbu",
      """
      领域：BBU机柜。
      看设备品牌与是否显示完整、挡风板、螺丝与光纤插头是否安装到位、线缆绑扎与弯曲、标签能否识别。\
      """),
  /** Remote radio units on poles and towers. */
  RRU(
      "rru",
      """
      领域：RRU站点。
      看设备与天线、紧固件是否齐全、接地线与防水处理、尾纤保护、线缆标签能否识别。\
      """);

  private final String label;
  private final String block;

  Domain(String label, String block) {
    this.label = label;
    this.block = block;
  }

  /** The name in configurations. */
  public String label() {
    return label;
  }

  /** The block of text that the {@code summary_runtime} profile adds to the system prompt. */
  public String block() {
    return block;
  }

  /**
   * The domain of a name in a configuration.
   *
   * @throws IllegalArgumentException for an unknown name, listing the known ones
   */
  public static Domain of(String label) {
    return Arrays.stream(values())
        .filter(domain -> domain.label.equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "prompts.domain: unknown '"
                    + label
                    + "'; known are "
                    + Arrays.stream(values()).map(Domain::label).toList()));
  }
}
