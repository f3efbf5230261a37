package io.lockstep.model.testing;

import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Models whose head is a table of its own. */
public final class UntiedModel {

  private static final String TABLE = "model.language_model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String FILE = "model.safetensors";

  private UntiedModel() {}

  /** A copy of a model with a head that is almost its embedding table, in a new folder. */
  public static Path copy(GoldenFamily family, Path folder) throws IOException {
    Path base = Folders.copy(family.checkpoint(), folder);
    Folders.replace(
        base.resolve("config.json"),
        "\"tie_word_embeddings\": true",
        "\"tie_word_embeddings\": false");
    Path changed = base.resolve("changed.safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(base.resolve(FILE))) {
      byte[] head = tensors.data(TABLE).toArray(ValueLayout.JAVA_BYTE);
      head[5] ^= 1;
      TensorInfo table = tensors.info(TABLE);
      List<TensorInfo> infos = new ArrayList<>();
      tensors.names().forEach(name -> infos.add(tensors.info(name)));
      infos.add(new TensorInfo(HEAD, table.dtype(), table.shape()));
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(changed, infos, tensors.metadata())) {
        for (String name : tensors.names()) {
          writer.write(name, tensors.data(name));
        }
        writer.write(HEAD, ByteBuffer.wrap(head));
        writer.commit();
      }
    }
    Files.move(changed, base.resolve(FILE), StandardCopyOption.REPLACE_EXISTING);
    return base;
  }
}
