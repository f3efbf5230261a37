package io.lockstep.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What newcomers type: each mistake is one line that names it and what to write instead. */
class MistakesTest {

  @TempDir private static Path folder;

  @BeforeAll
  static void writeFiles() throws IOException {
    Files.writeString(folder.resolve("tab.yaml"), "run:\n\tseed: 1\n");
    Files.writeString(folder.resolve("indent.yaml"), "run:\n  name: x\n   seed: 1\n");
    Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE9});
  }

  @ParameterizedTest(name = "lockstep {0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "trian                                    | 2 | unknown command 'trian': did you mean 'train'?; see 'lockstep --help'",
        "xyzzy                                    | 2 | unknown command 'xyzzy': there are quickstart, train",
        "coordinator strat                        | 2 | unknown command 'strat': did you mean 'start'?",
        "coordinator                              | 2 | name one of start, status, drain",
        "train --confg F --workers 2              | 2 | unknown option '--confg': did you mean '--config'?; missing required option: '--config=FILE'",
        "train --config=F --wrokers=2             | 2 | unknown option '--wrokers': did you mean '--workers'?",
        "train --config F                         | 2 | --workers N is missing: on the CPU it says how many processes train",
        "train --config F --workers 1 --device gpu | 2 | '--device'",
        "worker start --coordinator h:1 --device gpu | 2 | option '--device': 'gpu' is no device: expected cpu, cuda or cuda:N",
        "worker start --coordinator h:1 --device cuda:99 | 1 | error: ",
        "train -workers 2 --config F --workers 1  | 2 | unknown option '-workers': did you mean '--workers'?",
        "train config F --config F --workers 1    | 2 | unexpected argument 'config': did you mean '--config'?",
        "train --config F --workers               | 2 | '--workers'",
        "train --config F --workers 0             | 2 | option '--workers': '0' is no whole number of at least 1",
        "train --config F --workers -1            | 2 | option '--workers': '-1' is no whole number of at least 1",
        "train --config F --workers abc           | 2 | option '--workers': 'abc' is no whole number of at least 1",
        "train --config F --workers 1.5           | 2 | option '--workers': '1.5' is no whole number of at least 1",
        "train --config F --workers 99999999999   | 2 | option '--workers': '99999999999' is no whole number between 1 and",
        "train --config F --workers 1 --threads 0 | 2 | option '--threads': '0' is no whole number of at least 1",
        "--config F                               | 2 | unknown option '--config': options stand behind their command",
        "plan --model M --workers 0               | 2 | option '--workers': '0' is no whole number of at least 1",
        "quickstart --workers 0                   | 2 | option '--workers': '0' is no whole number of at least 1",
        "eval --model M --data F --batch 0        | 2 | option '--batch': '0' is no whole number of at least 1",
        "gateway start --model M --port 99999     | 2 | option '--port': '99999' is no whole number between 0 and 65535",
        "gateway start --model M --port -5        | 2 | option '--port': '-5' is no whole number between 0 and 65535",
        "gateway start --model M --quantization int8 | 2 | --quantization int8 does not exist: rounded weights",
        "gateway start --model M --max-model-len 0 | 2 | option '--max-model-len': '0' is no whole number of at least 1",
        "gateway start --model M --max-model-len 1 | 2 | --max-model-len is 1: give at least 2",
        "gateway start --model M --default-new-tokens 9000 | 2 | --default-new-tokens is 9000, more than the 8192 that may be asked for",
        "gateway start                            | 2 | missing required argument (specify one of these): (--model=",
        "gateway start --coordinator localhost    | 2 | 'localhost' is no address: write HOST:PORT, for example localhost:7070",
        "worker start --coordinator localhost     | 2 | 'localhost' is no address: write HOST:PORT, for example localhost:7070",
        "worker start --coordinator http://h:1    | 2 | 'http://h:1' is no address: write HOST:PORT",
        "worker start --coordinator h:99999       | 2 | 'h:99999' is no address: its port must be 1 to 65535",
        "worker start --coordinator h:1 --advertise h | 2 | 'h' is no address: write HOST:PORT, for example h:7070",
        "coordinator status --coordinator :7070   | 2 | ':7070' is no address: write HOST:PORT",
        "coordinator drain --coordinator ::1      | 2 | '::1' is no address: write HOST:PORT",
        "stage-a --gateway localhost --input D --out O | 2 | 'localhost' is no address: write HOST:PORT, for example localhost:7070",
        "stage-b --gateway localhost --stage-a F --out O | 2 | 'localhost' is no address: write HOST:PORT, for example localhost:7070",
        "stage-b --stage-a F --out O              | 2 | missing required option: '--gateway=",
        "stage-b run --gateway h:1 --config F     | 2 | missing required option: '--run-name=",
        "stage-b run --gateway h:1 --config F --run-name a/b | 2 | 'a/b' is no name of a run",
        "stage-b report --run DIR                 | 1 | DIR/run.json: is missing",
        "train --config DIR --workers 1           | 1 | DIR: is a folder",
        "validate --config DIR/none.yaml          | 1 | no such file or folder: DIR/none.yaml",
        "validate --config DIR/tab.yaml           | 1 | DIR/tab.yaml:2: begins with a tab",
        "validate --config DIR/indent.yaml        | 1 | DIR/indent.yaml:3: is indented by 3 blanks",
        "validate --config DIR/latin.yaml         | 1 | DIR/latin.yaml: is not UTF-8",
        "train --config DIR/tab.yaml --workers 1  | 1 | DIR/tab.yaml:2: begins with a tab",
        "digest --checkpoint DIR/tab.yaml         | 1 | DIR/tab.yaml is no folder",
      })
  void isToldInOneLine(String arguments, int exit, String told) {
    Said said = Said.by(arguments.replace("DIR", folder.toString()).split(" "));
    assertEquals(exit, said.exit(), said.err());
    assertEquals(1, said.err().lines().count(), said.err());
    assertTrue(said.err().startsWith("error: "), said.err());
    assertTrue(said.err().contains(told.replace("DIR", folder.toString())), said.err());
    assertEquals("", said.out());
  }

  @Test
  void optionsThatExcludeEachOtherAreBadUsage() throws IOException {
    Path recipe =
        Files.writeString(
            folder.resolve("least.yaml"),
            """
            global_max_length: 64
            model: {model: .}
            data: {train_jsonl: least.yaml, template: target_summary}
            training: {seed: 1, max_steps: 1, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3}
            tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
            """);
    for (String[] more :
        List.of(
            new String[] {"--acknowledge", "training.seed"},
            new String[] {"--resume"},
            new String[] {"--resume", "--resume-from", "x", "--out", "y"})) {
      String[] train = {"train", "--config", recipe.toString(), "--workers", "1"};
      String[] all = java.util.Arrays.copyOf(train, train.length + more.length);
      System.arraycopy(more, 0, all, train.length, more.length);
      Said said = Said.by(all);
      assertEquals(2, said.exit(), said.err());
      assertTrue(said.err().contains(more[0]), said.err());
      assertTrue(said.err().contains("see 'lockstep train --help'"), said.err());
    }
  }
}
