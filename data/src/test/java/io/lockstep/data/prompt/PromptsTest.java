package io.lockstep.data.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PromptsTest {

  private static final Optional<String> RULES = Optional.of("规则：至少一台设备");

  @Test
  void theMinimalProfileTellsFormatAndTaskOnly() {
    Prompts prompts =
        new Prompts(
            Profile.SUMMARY_TRAIN_MIN, Optional.of(Domain.BBU), PromptTexts.NONE, PromptTexts.NONE);
    assertEquals(Prompts.defaults().system(Task.SUMMARY), prompts.system(Task.SUMMARY, RULES));
    assertEquals("请给出图片摘要", prompts.user(Task.SUMMARY));
  }

  @Test
  void theRuntimeProfileAddsTheDomainAndTheMission() {
    for (Domain domain : Domain.values()) {
      Prompts prompts = runtime(domain, PromptTexts.NONE, PromptTexts.NONE);
      assertEquals(
          Prompts.defaults().system(Task.SUMMARY) + "\n" + domain.block() + "\n" + RULES.get(),
          prompts.system(Task.SUMMARY, RULES));
      assertEquals(Prompts.defaults().system(Task.DENSE), prompts.system(Task.DENSE, RULES));
    }
  }

  @Test
  void theRuntimeProfileNeedsADomain() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new Prompts(
                    Profile.SUMMARY_RUNTIME, Optional.empty(), PromptTexts.NONE, PromptTexts.NONE));
    assertTrue(e.toString().contains("bbu or rru"), e.toString());
  }

  @Test
  void explicitTextsWinOverTheDatasetsWhichWinOverTheDomains() {
    PromptTexts dataset = new PromptTexts(Optional.of("ds"), Optional.of("du"));
    PromptTexts explicit = new PromptTexts(Optional.of("es"), Optional.empty());
    Prompts both = runtime(Domain.RRU, dataset, explicit);
    assertEquals("es", both.system(Task.SUMMARY, RULES));
    assertEquals("du", both.user(Task.SUMMARY));
    assertEquals("ds", runtime(Domain.RRU, dataset, PromptTexts.NONE).system(Task.DENSE));
  }

  @Test
  void asksWithPicturesBeforeThePrompt() {
    ImageSource a = new ImageSource.File(Path.of("a.png"));
    ImageSource b = new ImageSource.File(Path.of("b.png"));
    Prompts prompts = Prompts.defaults();
    assertEquals(
        new Conversation(
            List.of(
                Message.text(Role.SYSTEM, prompts.system(Task.DENSE)),
                new Message(
                    Role.USER,
                    List.of(
                        new Content.Image(a),
                        new Content.Image(b),
                        new Content.Text(prompts.user(Task.DENSE)))))),
        prompts.ask(Task.DENSE, List.of(a, b)));
  }

  @Test
  void anEmptySystemPromptMeansNoSystemMessage() {
    PromptTexts none = new PromptTexts(Optional.of(""), Optional.of("q"));
    Prompts prompts =
        new Prompts(Profile.SUMMARY_TRAIN_MIN, Optional.empty(), PromptTexts.NONE, none);
    assertEquals(
        List.of(Message.text(Role.USER, "q")), prompts.ask(Task.DENSE, List.of()).messages());
    assertTrue(prompts.tasksLookAlike());
    assertFalse(Prompts.defaults().tasksLookAlike());
  }

  @Test
  void namesInConfigurationsAreKnownOrRefused() {
    assertEquals(Domain.RRU, Domain.of("rru"));
    assertThrows(IllegalArgumentException.class, () -> Domain.of("BBU"));
    assertThrows(
        IllegalArgumentException.class, () -> new PromptTexts(Optional.empty(), Optional.of(" ")));
  }

  private static Prompts runtime(Domain domain, PromptTexts dataset, PromptTexts explicit) {
    return new Prompts(Profile.SUMMARY_RUNTIME, Optional.of(domain), dataset, explicit);
  }
}
