package io.lockstep.model.chat;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Holds the chat template that a folder brings along to the built-in one: a model that was trained
 * with another one would be asked, and trained further, in words that it doesn't know.
 */
public final class TemplateCheck {

  private static final int SHOWN = 40;

  /** Whatever a template may do: a system message, pictures, several turns, spaces at the ends. */
  private static final List<Conversation> PROBES =
      List.of(
          new Conversation(
              List.of(Message.text(Role.USER, " What is 1 < 2 & \"so\", it's {{ x }}?\n "))),
          new Conversation(
              List.of(
                  Message.text(Role.SYSTEM, " Be brief.\n"),
                  new Message(
                      Role.USER, List.of(picture(), picture(), new Content.Text("Compare both."))),
                  Message.text(Role.ASSISTANT, "\n1. Ja, \u4f60\u597d\n\n"),
                  new Message(Role.USER, List.of(new Content.Text("And now? "), picture())))),
          new Conversation(
              List.of(
                  new Message(Role.USER, List.of(picture())),
                  Message.text(Role.ASSISTANT, "<think>\nhm\n</think>\n\nA cat."))));

  private TemplateCheck() {}

  private static Content picture() {
    return new Content.Image(new ImageSource.Bytes("picture.png", new byte[0]));
  }

  /**
   * Checks a folder's template, if it has one.
   *
   * @throws InvalidConfigException with the first difference
   */
  public static void require(ChatTemplate builtIn, Path folder) throws IOException {
    Optional<StoredTemplate> stored = StoredTemplate.find(folder);
    if (stored.isEmpty()) {
      return;
    }
    for (Conversation probe : PROBES) {
      List<Integer> tokens = Collections.nCopies(probe.images().size(), 1);
      compare(stored.get(), builtIn.render(probe, tokens), stored.get().render(probe, false));
      if (probe.messages().getLast().role() == Role.USER) {
        compare(
            stored.get(), builtIn.renderPrompt(probe, tokens), stored.get().render(probe, true));
      }
    }
  }

  private static void compare(StoredTemplate stored, String expected, String actual) {
    int at = Arrays.mismatch(expected.toCharArray(), actual.toCharArray());
    if (at < 0) {
      return;
    }
    throw new InvalidConfigException(
        stored.file(),
        List.of(
            ("the chat template differs from this family's, which is built in: after %s it says %s"
                    + " instead of %s; put the family's own template there, or remove it if the"
                    + " model is to be trained and asked with the built-in one")
                .formatted(
                    at == 0 ? "nothing" : excerpt(expected, Math.max(0, at - SHOWN), at),
                    excerpt(actual, at, actual.length()),
                    excerpt(expected, at, expected.length()))));
  }

  private static String excerpt(String text, int from, int to) {
    int end = Math.min(to, from + SHOWN);
    String shown = text.substring(from, end).replace("\n", "\\n");
    return from == end ? "nothing" : "'" + shown + (end < to ? "..." : "") + "'";
  }
}
