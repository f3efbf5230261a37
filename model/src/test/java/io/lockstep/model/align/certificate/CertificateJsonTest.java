package io.lockstep.model.align.certificate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.align.Compare.Floats;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateJsonTest {

  private static final InputDigests DIGESTS = new InputDigests(3, "a", "b", "c", "d", "e", "f");

  @TempDir Path folder;

  /** Readers refuse such a text; were it ever to get here, the checkpoint must not be lost. */
  @Test
  void noTextOfAProbeStopsItFromBeingWritten() throws Exception {
    String odd = "hi \uD83D there \0 \uFFFE \uD83D\uDE00，\uDE00";
    Certificate.Entry entry =
        new Certificate.Entry(
            new Probe(
                "data.jsonl:1",
                Probe.Task.OTHER,
                new Conversation(
                    List.of(
                        Message.text(Role.USER, odd), Message.text(Role.ASSISTANT, "a\uD83D")))),
            new int[] {1, 2, 3},
            new int[] {-100, -100, 3},
            2,
            List.of(),
            DIGESTS,
            new Selection(List.of(1), List.of(), List.of()),
            new ProbeValues(new LinkedHashMap<>(), Floats.of(new float[1], 1), 0.5),
            null);
    Certificate certificate =
        new Certificate(
            "float32",
            "here",
            new LinkedHashMap<>(),
            "qwen",
            "w",
            new Settings(new LinkedHashMap<>()),
            DIGESTS,
            List.of(entry));
    Path file =
        Files.writeString(
            folder.resolve("alignment.json"),
            CertificateJson.write(certificate, ImageSource::name, "v"));
    assertEquals(
        odd,
        new ObjectMapper()
            .readTree(file.toFile())
            .at("/probes/0/messages/0/content/0/text")
            .textValue());
  }
}
