package io.lockstep.worker.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.conversation.Content;
import io.lockstep.data.conversation.Conversation;
import io.lockstep.data.conversation.ImageSource;
import io.lockstep.data.conversation.Message;
import io.lockstep.data.conversation.Role;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.batch.Sample;
import io.lockstep.worker.loader.SampleException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbeChoiceTest {

  /** A record: the size of its picture, 0 for text alone, and its tokens. */
  private record Entry(int pictureBytes, int tokens) {}

  @Test
  void picturesAndTextOfDifferentLengthsAreTakenFromTheFront() throws SampleException {
    assertEquals(
        List.of("0", "3", "2", "5"),
        choose(
            new Entry(9, 7),
            new Entry(9, 7),
            new Entry(0, 7),
            new Entry(9, 5),
            new Entry(9, 4),
            new Entry(0, 6),
            new Entry(0, 3)));
    assertEquals(List.of("1"), choose(new Entry(0, 11), new Entry(0, 3), new Entry(0, 3)));
  }

  @Test
  void textBehindManyPicturesIsFound() throws SampleException {
    Entry[] entries = new Entry[320];
    Arrays.fill(entries, new Entry(9, 7));
    Arrays.fill(entries, 250, 320, new Entry(0, 5));
    assertEquals(List.of("0", "250"), choose(entries));
  }

  @Test
  void bulkyPicturesAndLongRecordsArePassedOver() throws SampleException {
    assertEquals(List.of("2"), choose(new Entry(5 << 20, 3), new Entry(9, 11), new Entry(9, 10)));
    String refused =
        String.valueOf(
            assertThrows(SampleException.class, () -> choose(new Entry(9, 11))).getMessage());
    assertTrue(refused.contains("global_max_length (10 tokens)"), refused);
  }

  private static List<String> choose(Entry... entries) throws SampleException {
    ProbeChoice.Records records =
        new ProbeChoice.Records() {
          @Override
          public long size() {
            return entries.length;
          }

          @Override
          public Probe probe(long index) {
            return ProbeChoiceTest.probe(index, entries[(int) index].pictureBytes());
          }

          @Override
          public Sample sample(long index) {
            int[] tokens = new int[entries[(int) index].tokens()];
            Arrays.fill(tokens, 1);
            return new Sample(Long.toString(index), tokens, tokens, List.of());
          }
        };
    return ProbeChoice.of(records, 10).stream().map(Probe::name).toList();
  }

  private static Probe probe(long index, int pictureBytes) {
    Content question =
        pictureBytes == 0
            ? new Content.Text("what?")
            : new Content.Image(new ImageSource.Bytes("picture", new byte[pictureBytes]));
    return new Probe(
        Long.toString(index),
        Probe.Task.OTHER,
        new Conversation(
            List.of(
                new Message(Role.USER, List.of(question)), Message.text(Role.ASSISTANT, "that"))));
  }
}
