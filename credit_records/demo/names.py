"""Names for invented people and bodies: each carries 示例, so that nobody takes one for a genuine name."""

from __future__ import annotations

from random import Random

SURNAMES = "马王李张杨刘陈赵周吴徐孙朱高林何郭罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_GIVEN = "文武英华明芳丽强军伟敏静磊洋艳勇杰娟涛超霞平刚桂鹏辉玲建红斌宁欣佳悦晨琳浩博雪梅兰海波龙凤云燕"
_LUCKY = "恒信达盛源瑞丰泰鼎诚宏兴隆和润金银沙湖岳塞河云帆凯嘉华锦安康乐永顺昌祥通广益民"


def person_name(rng: Random) -> str:
    return f"{rng.choice(SURNAMES)}示例{rng.choice(_GIVEN)}"


def lucky_word(rng: Random) -> str:
    return rng.choice(_LUCKY) + rng.choice(_LUCKY)
