package io.lockstep.data.prompt;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Composes the words of a task. What comes later wins: default, domain, dataset, explicit.
 *
 * @param profile whether the summary prompt gets the domain block and the mission's rules
 * @param domain the domain block to add; required by {@link Profile#SUMMARY_RUNTIME}
 * @param dataset texts that the dataset brings
 * @param explicit texts of the configuration's {@code prompts.system} and {@code prompts.user}
 */
public record Prompts(
    Profile profile, Optional<Domain> domain, PromptTexts dataset, PromptTexts explicit) {

  private static final String DENSE_SYSTEM = PromptResources.read("dense.system");
  private static final String DENSE_USER = PromptResources.read("dense.user");
  private static final String SUMMARY_SYSTEM = PromptResources.read("summary.system");
  private static final String SUMMARY_USER = PromptResources.read("summary.user");

  /** Checks that the profile has the domain it needs. */
  public Prompts {
    if (profile == Profile.SUMMARY_RUNTIME && domain.isEmpty()) {
      throw new IllegalArgumentException(
          "prompts.domain is required with prompts.profile: summary_runtime; set it to bbu or rru");
    }
  }

  /** Format and task only, nothing replaced. */
  public static Prompts defaults() {
    return new Prompts(
        Profile.SUMMARY_TRAIN_MIN, Optional.empty(), PromptTexts.NONE, PromptTexts.NONE);
  }

  /** The system prompt where no mission is known; empty for none. */
  public String system(Task task) {
    return system(task, Optional.empty());
  }

  /**
   * The system prompt; empty for none.
   *
   * @param missionRules what a mission asks for; used by the {@code summary_runtime} profile only
   */
  public String system(Task task, Optional<String> missionRules) {
    return replacements().system().orElseGet(() -> composedSystem(task, missionRules));
  }

  /** The user prompt. */
  public String user(Task task) {
    return replacements()
        .user()
        .orElse(
            switch (task) {
              case DENSE -> DENSE_USER;
              case SUMMARY -> SUMMARY_USER;
            });
  }

  /**
   * Whether both tasks are asked for with the same words, so that no model could tell them apart.
   */
  public boolean tasksLookAlike() {
    return system(Task.DENSE).equals(system(Task.SUMMARY))
        && user(Task.DENSE).equals(user(Task.SUMMARY));
  }

  /** The question without an answer: system message, then pictures and prompt as a user message. */
  public Conversation ask(Task task, List<? extends ImageSource> images) {
    return ask(task, images, Optional.empty());
  }

  /** As {@link #ask(Task, List)}, with the rules of a mission. */
  public Conversation ask(
      Task task, List<? extends ImageSource> images, Optional<String> missionRules) {
    List<Message> messages = new ArrayList<>();
    String system = system(task, missionRules);
    if (!system.isEmpty()) {
      messages.add(Message.text(Role.SYSTEM, system));
    }
    List<Content> contents = new ArrayList<>();
    for (ImageSource image : images) {
      contents.add(new Content.Image(image));
    }
    contents.add(new Content.Text(user(task)));
    messages.add(new Message(Role.USER, contents));
    return new Conversation(messages);
  }

  private PromptTexts replacements() {
    return explicit.or(dataset);
  }

  private String composedSystem(Task task, Optional<String> missionRules) {
    return switch (task) {
      case DENSE -> DENSE_SYSTEM;
      case SUMMARY -> {
        List<String> parts = new ArrayList<>();
        parts.add(SUMMARY_SYSTEM);
        if (profile == Profile.SUMMARY_RUNTIME) {
          domain.map(Domain::block).ifPresent(parts::add);
          missionRules.ifPresent(parts::add);
        }
        yield String.join("\n", parts);
      }
    };
  }
}
