"""`ts_gan_plus`: TS-GAN on the strong modern base.

A plain ResNet-50 with BNNeck and random erasing is known to beat the published TS-GAN (57.5 / 54.6 against 49.8 / 47.4
R1 / mAP on SYSU-MM01 all-search single-shot), so this is TS-GAN with what that base has:

* BNNeck (Luo et al., CVPRW 2019): triplet loss before it, classifier and retrieval after it.
* Random erasing (Zhong et al., AAAI 2020), p 0.5, area 0.02 to 0.4: for the student only, X_R and its fakes with one
  mask; GAN and teacher see clean images, and eqs. (13) to (15) leave the erased places out.
* The channel-exchanged X_R (Ye et al., ICCV 2021) as a second fake IR in eqs. (14) and (15): it costs no generator, is
  right from the first step, and lines up with X_R pixel by pixel.
* 384×144 input.

`options.PLUS` switches these on; each can be switched off again on the command line.
"""

from __future__ import annotations

from torch import Tensor

from training.data.batches import Batch
from training.methods.ts_gan import Images, TsGan


class TsGanPlus(TsGan):
    """TS-GAN with the exchanged view beside X_I'."""

    name = "ts_gan_plus"
    summary = "TS-GAN with BNNeck, random erasing, a channel-exchanged second fake IR and larger input"

    def fakes(self, batch: Batch, images: Images) -> list[Tensor]:
        """X_I' and the channel-exchanged X_R."""
        return [images.fake_ir, batch.exchanged]
