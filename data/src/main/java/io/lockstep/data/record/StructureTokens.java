package io.lockstep.data.record;

import io.lockstep.data.conversation.Content;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Words that other tools replace by structure or pictures. Here text stays text, whatever it looks
 * like, so that a model would learn to read and write them letter by letter.
 */
final class StructureTokens {

  private static final Pattern SPECIAL =
      Pattern.compile(
          "<\\|(?:endoftext|im_start|im_end|object_ref_start|object_ref_end|box_start|box_end"
              + "|quad_start|quad_end|vision_start|vision_end|vision_pad|image_pad|video_pad)\\|>");

  private static final Pattern PICTURE = Pattern.compile("<image>");

  private StructureTokens() {}

  /** The first special token that a text spells out, in words that follow its field's name. */
  static Optional<String> problem(String text) {
    Matcher matcher = SPECIAL.matcher(text);
    return matcher.find()
        ? Optional.of(
            "holds %s at character %d, a token of the chat template or the vocabulary, which would be taught as letters; leave it out: the template is added, and coordinates are plain numbers"
                .formatted(matcher.group(), matcher.start() + 1))
        : Optional.empty();
  }

  /** What is wrong with the placeholders of pictures in what a user says. */
  static Optional<String> pictureProblem(List<Content> contents) {
    long placeholders = 0;
    long pictures = 0;
    for (Content content : contents) {
      switch (content) {
        case Content.Text(String text) -> placeholders += PICTURE.matcher(text).results().count();
        case Content.Image _ -> pictures++;
      }
    }
    return placeholders == 0
        ? Optional.empty()
        : Optional.of(
            "holds <image> %d times, which stays text, and places %d pictures; make the content a list and put {\"type\": \"image\", \"image\": path} where each <image> stands"
                .formatted(placeholders, pictures));
  }
}
