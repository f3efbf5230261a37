package io.lockstep.model.tokenizer;

import java.util.List;

/** The special tokens of the Qwen-VL families, in the order of their published ids. */
public final class SpecialTokens {
  /** Ends a text; also used as padding. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  /** Ends a message. */
  public static final String IM_END = "<|im_end|>";

  /** All of them. */
  public static final List<String> QWEN_VL =
      List.of(
          END_OF_TEXT,
          "<|im_start|>",
          IM_END,
          "<|object_ref_start|>",
          "<|object_ref_end|>",
          "<|box_start|>",
          "<|box_end|>",
          "<|quad_start|>",
          "<|quad_end|>",
          "<|vision_start|>",
          "<|vision_end|>",
          "<|vision_pad|>",
          "<|image_pad|>",
          "<|video_pad|>");

  private SpecialTokens() {}
}
