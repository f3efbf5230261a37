package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The model that a run starts from.
 *
 * @param model folder of a checkpoint in the public layout
 * @param weights whether its weights are loaded or drawn anew from the run's seed
 * @param attnImpl the implementation of attention
 * @param torchDtype the type that is computed in
 * @param maxModelLen the same as {@code global_max_length}
 */
public record ModelSection(
    @Key(value = "Folder of a checkpoint in the public layout.", mustExist = true) Path model,
    @Key(
            value = "Whether its weights are loaded or drawn anew from the run's seed.",
            otherwise = "load")
        Weights weights,
    @Key(
            value =
                "How attention is computed. `sdpa`: by the kernels that libtorch takes for device, type and shape. `eager`: operator by operator, with the matrix of scores in memory. `flash_attention_2`: like `sdpa`, and refused where rows without padding are not computed by FlashAttention-2, as on CPUs. What is taken is said at the start and certified; see docs/gpu.md.",
            otherwise = "sdpa")
        Attention.Implementation attnImpl,
    @Key(
            value =
                "Type that activations and matrix products are computed in. What is trained, its gradients, moments and losses are float32 in any case, and so are checkpoints.",
            otherwise = "float32",
            remedy =
                "float16 overflows where bfloat16 does not, and needs its losses scaled; write bfloat16")
        ComputeType torchDtype,
    @Key(value = "The same as `global_max_length`.", min = 8, changesWeights = false)
        Optional<Integer> maxModelLen)
    implements Checked {

  /** Where the first weights come from. */
  public enum Weights {
    /** From the checkpoint's safetensors. */
    LOAD,
    /** Random, from the run's seed; the folder gives configuration and tokenizer. */
    INITIALISE
  }

  /** Types that can be computed in. */
  public enum ComputeType {
    /** 32 bits. */
    FLOAT32(Dtype.FLOAT32),
    /** 16 bits with the range of float32. */
    BFLOAT16(Dtype.BFLOAT16);

    private final Dtype dtype;

    ComputeType(Dtype dtype) {
      this.dtype = dtype;
    }

    /** The type of tensors. */
    public Dtype dtype() {
      return dtype;
    }
  }

  @Override
  public void check(Place section) {
    if (AdapterConfig.isIn(model)) {
      section
          .at("model")
          .problem(
              "names "
                  + model
                  + ", which holds an adapter: name its base model's folder here, and the"
                  + " adapter's in tuner.resume_from_checkpoint");
    }
  }
}
